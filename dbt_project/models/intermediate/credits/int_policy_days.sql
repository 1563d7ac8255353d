{#
    The version in force on each day and in each country that has lines: among the versions that hold there, the most
    specific; two of equal rank were refused when the policies were loaded.
#}
with order_lines as (
    select * from {{ ref('stg_order_lines') }}
    where not is_withdrawn
),

locations as (
    select * from {{ ref('stg_locations') }}
    where not is_withdrawn
),

versions as (
    select * from {{ ref('stg_policy_versions') }}
),

countries as (
    select * from {{ ref('stg_policy_countries') }}
),

settings as (
    select * from {{ ref('stg_settings') }}
    where name = 'time_zone'
),

local_dates as (
    select * from {{ ref('int_local_dates') }}
),

workspace as (
    select max(value) as time_zone from settings
),

days as (
    select distinct
        local_dates.local_date as order_date,
        coalesce(locations.country, '') as country
    from order_lines
    cross join workspace
    left join locations on order_lines.location_id = locations.location_id
    inner join local_dates
        on coalesce(locations.time_zone, workspace.time_zone) = local_dates.time_zone
        and {{ quarter_hour(epoch_seconds('order_lines.ordered_at')) }} = local_dates.quarter_no
),

candidates as (
    select
        days.order_date,
        days.country,
        versions.policy_key,
        row_number() over (
            partition by days.order_date, days.country
            order by versions.specificity desc, versions.policy_key
        ) as place
    from days
    inner join versions
        on days.order_date >= versions.valid_from
        and (days.order_date < versions.valid_to or versions.valid_to is null)
    left join countries
        on versions.policy_key = countries.policy_key
        and days.country = countries.country
    where versions.specificity = 0 or countries.country is not null
)

select
    country,
    policy_key,
    order_date
from candidates
where place = 1
