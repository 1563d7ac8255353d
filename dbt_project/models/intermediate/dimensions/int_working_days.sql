with locations as (
    select * from {{ ref('stg_locations') }}
    where not is_withdrawn
),

calendars as (
    select * from {{ ref('stg_calendars') }}
    where not is_withdrawn
)

select
    locations.location_id,
    calendars.is_working,
    calendars.date as calendar_day
from locations
inner join calendars on locations.calendar_id = calendars.calendar_id
