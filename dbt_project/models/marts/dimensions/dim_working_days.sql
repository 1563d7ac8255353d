select
    location_id,
    is_working,
    calendar_day
from {{ ref('int_working_days') }}
