{% set identifiers = ['loyalty_id', 'customer_email', 'customer_phone'] %}
with order_lines as (
    select * from {{ ref('stg_order_lines') }}
    where not is_withdrawn
),

customer_map as (
    select * from {{ ref('int_customer_map') }}
),

locations as (
    select * from {{ ref('stg_locations') }}
    where not is_withdrawn
),

overrides as (
    select * from {{ ref('int_line_overrides') }}
),

policy_days as (
    select * from {{ ref('int_policy_days') }}
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

with_record as (
    select
        order_lines.*,
        coalesce(
            order_lines.customer_record_key,
            {{ identifier_record_key(first_usable_identifier('order_lines', identifiers)) }}
        ) as record_key
    from order_lines
    {{ join_hubs('order_lines', identifiers) }}
    where
        order_lines.customer_record_key is not null
        or {{ first_usable_identifier('order_lines', identifiers) }} is not null
),

own_customers as (
    select
        with_record.order_line_key,
        with_record.order_key,
        coalesce(customer_map.customer_key, with_record.record_key) as customer_key
    from with_record
    left join customer_map on with_record.record_key = customer_map.customer_record_key
),

-- What an order's lines with a customer agree on holds for its other lines.
order_customers as (
    select
        order_key,
        min(customer_key) as customer_key
    from own_customers
    group by order_key
    having min(customer_key) = max(customer_key)
),

dated as (
    select
        order_lines.order_line_key,
        order_lines.order_key,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.kind as line_kind,
        order_lines.location_id,
        coalesce(locations.country, '') as country,
        order_lines.associate_id as recorded_sellers,
        order_lines.sku,
        order_lines.category,
        order_lines.quantity_milli,
        order_lines.currency,
        order_lines.net_minor,
        order_lines.discount_minor,
        case
            when order_lines.original_order_id is not null and order_lines.original_line_id is not null
                then coalesce(order_lines.original_source, order_lines.source)
        end as original_source,
        order_lines.original_order_id,
        order_lines.original_line_id,
        {{ epoch_seconds('order_lines.ordered_at') }} as ordered_s,
        ordered_dates.local_date as order_date,
        completed_dates.local_date as business_date,
        order_lines.ordered_at,
        order_lines.completed_at
    from order_lines
    cross join workspace
    left join locations on order_lines.location_id = locations.location_id
    inner join local_dates as ordered_dates
        on coalesce(locations.time_zone, workspace.time_zone) = ordered_dates.time_zone
        and {{ quarter_hour(epoch_seconds('order_lines.ordered_at')) }} = ordered_dates.quarter_no
    left join local_dates as completed_dates
        on coalesce(locations.time_zone, workspace.time_zone) = completed_dates.time_zone
        and {{ quarter_hour(epoch_seconds('order_lines.completed_at')) }} = completed_dates.quarter_no
),

sales as (
    select * from dated
    where line_kind = 'sale'
),

-- A return in another currency than its sale's is unmatched.
matches as (
    select
        dated.order_line_key,
        sales.order_line_key as root_line_key,
        sales.order_date as sale_order_date,
        sales.country as sale_country,
        sales.business_date as sale_business_date
    from dated
    inner join sales
        on dated.original_source = sales.source
        and dated.original_order_id = sales.order_id
        and dated.original_line_id = sales.line_id
        and dated.currency = sales.currency
    where dated.line_kind = 'return'
)

select
    dated.order_line_key,
    coalesce(matches.root_line_key, dated.order_line_key) as root_line_key,
    dated.order_key,
    coalesce(own_customers.customer_key, order_customers.customer_key) as customer_key,
    dated.source,
    dated.order_id,
    dated.line_id,
    dated.line_kind,
    dated.location_id,
    coalesce(overrides.sellers, dated.recorded_sellers) as sellers,
    dated.sku,
    dated.category,
    dated.currency,
    policy_days.policy_key,
    dated.quantity_milli,
    dated.net_minor,
    dated.discount_minor,
    dated.ordered_s,
    matches.root_line_key is not null as is_matched_return,
    overrides.override_id is not null as is_overridden,
    dated.order_date,
    dated.business_date,
    coalesce(matches.sale_business_date, dated.business_date) as earned_date,
    dated.ordered_at,
    dated.completed_at
from dated
left join own_customers on dated.order_line_key = own_customers.order_line_key
left join order_customers on dated.order_key = order_customers.order_key
left join overrides
    on dated.source = overrides.source
    and dated.order_id = overrides.order_id
    and dated.line_id = overrides.line_id
left join matches on dated.order_line_key = matches.order_line_key
left join policy_days
    on coalesce(matches.sale_order_date, dated.order_date) = policy_days.order_date
    and coalesce(matches.sale_country, dated.country) = policy_days.country
