{#
    Every local date that touches and lines need, worked out once per time zone and quarter of an hour: converting each
    timestamp on its own was half of the time of finding touches (597,600 interactions hold 91,275 such pairs).
#}
with order_lines as (
    select * from {{ ref('stg_order_lines') }}
    where not is_withdrawn
),

interactions as (
    select * from {{ ref('stg_interactions') }}
    where not is_withdrawn
),

locations as (
    select * from {{ ref('stg_locations') }}
    where not is_withdrawn
),

settings as (
    select * from {{ ref('stg_settings') }}
    where name = 'time_zone'
),

workspace as (
    select max(value) as time_zone from settings
),

moments as (
    select location_id, {{ quarter_hour(epoch_seconds('ordered_at')) }} as quarter_no
    from order_lines
    union
    select location_id, {{ quarter_hour(epoch_seconds('completed_at')) }} as quarter_no
    from order_lines
    where completed_at is not null
    union
    select location_id, {{ quarter_hour(epoch_seconds('started_at')) }} as quarter_no
    from interactions
),

quarters as (
    select distinct
        coalesce(locations.time_zone, workspace.time_zone) as time_zone,
        moments.quarter_no
    from moments
    cross join workspace
    left join locations on moments.location_id = locations.location_id
),

final as (
    select
        time_zone,
        quarter_no,
        {{ local_date(add_seconds("cast('1970-01-01 00:00:00' as timestamp)", 'quarter_no * 900 - 9000000000'), 'time_zone') }} as local_date
    from quarters
)

select * from final
