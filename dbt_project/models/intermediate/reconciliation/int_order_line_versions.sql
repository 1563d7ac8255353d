{{ config(materialized='view') }}
-- What was known of each order line and from when until when, by the source's own word (source_updated_at). Without
-- that word a line in force was known always, and one that is not in force never.
with

ended as (

    select * from {{ ref('row_outcomes_order_lines') }}
    where outcome in ('accepted', 'superseded')

),

versions as (

    select
        parsed.*,
        ended.outcome = 'accepted' as is_in_force
    from {{ ref('parsed_order_lines') }} as parsed
    inner join ended using (load_id, file_ordinal, delivered_row)

),

replaced as (

    select
        superseded.load_id,
        superseded.file_ordinal,
        superseded.delivered_row,
        min(later.source_updated_at) as known_until
    from versions as superseded
    inner join versions as later
        on superseded.source = later.source
        and superseded.order_id = later.order_id
        and superseded.line_id = later.line_id
        and superseded.source_updated_at < later.source_updated_at
    where not superseded.is_in_force
    group by superseded.load_id, superseded.file_ordinal, superseded.delivered_row

),

locations as (

    select
        location_id,
        time_zone
    from {{ ref('stg_locations') }}
    where not is_withdrawn

),

settings as (

    select max(value) as time_zone
    from {{ ref('stg_settings') }}
    where name = 'time_zone'

),

-- The days of lines in force are worked out already, once per zone and quarter of an hour; only a superseded version's may be missing.
local_dates as (

    select * from {{ ref('int_local_dates') }}

)

select
    versions.source,
    versions.currency,
    versions.net_minor,
    versions.is_in_force,
    coalesce(
        ordered_dates.local_date,
        {{ local_date('versions.ordered_at', 'coalesce(locations.time_zone, settings.time_zone)') }}
    ) as ordered_date,
    coalesce(
        completed_dates.local_date,
        {{ local_date('versions.completed_at', 'coalesce(locations.time_zone, settings.time_zone)') }}
    ) as completed_date,
    versions.source_updated_at as known_from,
    replaced.known_until
from versions
cross join settings
left join replaced using (load_id, file_ordinal, delivered_row)
left join locations on versions.location_id = locations.location_id
left join local_dates as ordered_dates
    on coalesce(locations.time_zone, settings.time_zone) = ordered_dates.time_zone
    and {{ quarter_hour(epoch_seconds('versions.ordered_at')) }} = ordered_dates.quarter_no
left join local_dates as completed_dates
    on coalesce(locations.time_zone, settings.time_zone) = completed_dates.time_zone
    and {{ quarter_hour(epoch_seconds('versions.completed_at')) }} = completed_dates.quarter_no
where not versions.is_withdrawn and (versions.is_in_force or replaced.known_until is not null)
