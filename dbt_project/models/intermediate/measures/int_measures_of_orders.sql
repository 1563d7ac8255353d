{{ config(materialized='view') }}
{# Rows of fct_measures that are made of orders and clients. Definitions stand in the registry. #}
with counted_orders as (
    select * from {{ ref('int_counted_orders') }}
),

order_lines as (
    select * from {{ ref('int_order_lines') }}
    where completed_at is not null
),

credits as (
    select * from {{ ref('int_line_credits') }}
),

locations as (
    select * from {{ ref('stg_locations') }}
    where not is_withdrawn
),

residences as (
    select * from {{ ref('int_residences') }}
),

assignments as (
    select * from {{ ref('int_assignments_closed') }}
),

clients as (
    select
        counted_orders.*,
        counted_orders.previous_ordered_at >= {{ add_seconds('counted_orders.ordered_at', -31536000) }} as is_retained,
        residences.residence_country = locations.country as is_local
    from counted_orders
    left join residences on counted_orders.customer_key = residences.customer_key
    left join locations on counted_orders.location_id = locations.location_id
    where counted_orders.associate_id is not null and counted_orders.customer_key is not null
),

order_advisors as (
    select
        order_key,
        recipient as associate_id
    from credits
    where role = 'advisor' and recipient <> 'house'
    group by order_key, recipient
    having sum(credit_minor) > 0
),

-- An assignment holds until the next one begins: between two, the last before counts.
team_spans as (
    select
        associate_id,
        team_id,
        valid_from,
        lead(valid_from) over (partition by associate_id order by valid_from) as next_valid_from
    from assignments
),

order_people as (
    select
        order_key,
        recipient as associate_id
    from credits
    where recipient <> 'house'
    group by order_key, recipient
    having sum(credit_minor) > 0
),

order_teams as (
    select
        counted_orders.order_key,
        counted_orders.associate_id = order_people.associate_id as is_own,
        team_spans.team_id
    from counted_orders
    inner join order_people on counted_orders.order_key = order_people.order_key
    inner join team_spans
        on order_people.associate_id = team_spans.associate_id
        and counted_orders.business_date >= team_spans.valid_from
        and (counted_orders.business_date < team_spans.next_valid_from or team_spans.next_valid_from is null)
    where team_spans.team_id is not null
),

-- Whose teams are not all the same has somebody of another team than the seller's.
shared_orders as (
    select order_key
    from order_teams
    group by order_key
    having max(case when is_own then 1 else 0 end) = 1 and min(team_id) <> max(team_id)
),

-- A line is worth all of itself to everybody who is credited for a part of it.
influenced as (
    select
        credits.recipient as associate_id,
        credits.order_line_key
    from credits
    where credits.recipient <> 'house'
    group by credits.recipient, credits.order_line_key
),

units as (
    select
        credits.recipient as associate_id,
        order_lines.quantity_milli,
        order_lines.quantity_milli % 1000 = 0 as is_whole,
        credits.share_e12,
        credits.business_date,
        credits.earned_date
    from credits
    inner join order_lines on credits.order_line_key = order_lines.order_line_key
    where credits.recipient <> 'house' and abs(order_lines.quantity_milli) <= 100000000
),

sellers as (
    select
        recipient as associate_id,
        order_line_key
    from credits
    where recipient <> 'house' and role = 'seller'
    group by recipient, order_line_key
),

measures as (
    select {{ measure_row('associate', 'order_advisors.associate_id', "'assisted_orders'", 'count(*)', 'counted_orders.business_date', 'counted_orders.business_date') }}
    from counted_orders
    inner join order_advisors on counted_orders.order_key = order_advisors.order_key
    where counted_orders.associate_id <> order_advisors.associate_id or counted_orders.associate_id is null
    group by order_advisors.associate_id, counted_orders.business_date
    union all
    select {{ measure_row('associate', 'associate_id', "'new_local_clients'", '1', 'business_date', 'business_date', 'customer_key') }}
    from clients
    where customer_place = 1 and is_local
    union all
    select {{ measure_row('associate', 'associate_id', "'retained_clients'", '1', 'business_date', 'business_date', 'customer_key') }}
    from clients
    where is_retained
    group by associate_id, customer_key, business_date
    union all
    select {{ measure_row('associate', 'associate_id', "'reactivated_clients'", '1', 'business_date', 'business_date', 'customer_key') }}
    from clients
    where not is_retained
    group by associate_id, customer_key, business_date
    union all
    select {{ measure_row('location', 'location_id', "'location_revenue'", 'sum(net_minor)', 'business_date', 'earned_date', none, 'currency') }}
    from order_lines
    where location_id is not null
    group by location_id, currency, business_date, earned_date
    union all
    select {{ measure_row('associate', 'influenced.associate_id', "'influenced_revenue'", 'sum(order_lines.net_minor)', 'order_lines.business_date', 'order_lines.earned_date', none, 'order_lines.currency') }}
    from influenced
    inner join order_lines on influenced.order_line_key = order_lines.order_line_key
    group by influenced.associate_id, order_lines.currency, order_lines.business_date, order_lines.earned_date
    union all
    select {{ measure_row('associate', 'associate_id', "'credited_units'", 'sum(' ~ int_div('quantity_milli', 1000) ~ ' * share_e12)', 'business_date', 'earned_date', none, none, '1000000000000') }}
    from units
    where is_whole
    group by associate_id, business_date, earned_date
    union all
    select {{ measure_row('associate', 'associate_id', "'credited_units'", 'sum(quantity_milli * share_e12)', 'business_date', 'earned_date', none, none, '1000000000000000') }}
    from units
    where not is_whole
    group by associate_id, business_date, earned_date
    union all
    select {{ measure_row('associate', 'associate_id', "'units_per_order'", 'sum(pieces_milli)', 'business_date', 'business_date', none, none, 'count(*) * 1000') }}
    from counted_orders
    where associate_id is not null
    group by associate_id, business_date
    union all
    select {{ measure_row('associate', 'associate_id', "'average_order_value'", 'sum(remaining_minor)', 'business_date', 'business_date', none, 'currency', 'count(*)') }}
    from counted_orders
    where associate_id is not null and currency is not null
    group by associate_id, currency, business_date
    union all
    select {{ measure_row('associate', 'associate_id', "'identified_share'", 'sum(case when customer_key is null then 0 else 1 end)', 'business_date', 'business_date', none, none, 'count(*)') }}
    from counted_orders
    where associate_id is not null
    group by associate_id, business_date
    union all
    select {{ measure_row('associate', 'counted_orders.associate_id', "'collaboration_share'", 'count(shared_orders.order_key)', 'counted_orders.business_date', 'counted_orders.business_date', none, none, 'count(*)') }}
    from counted_orders
    left join shared_orders on counted_orders.order_key = shared_orders.order_key
    where counted_orders.associate_id is not null
    group by counted_orders.associate_id, counted_orders.business_date
    union all
    select {{ measure_row('associate', 'sellers.associate_id', "'discount_share'", 'sum(order_lines.discount_minor)', 'order_lines.business_date', 'order_lines.earned_date', none, 'order_lines.currency', 'sum(order_lines.net_minor + order_lines.discount_minor)') }}
    from sellers
    inner join order_lines on sellers.order_line_key = order_lines.order_line_key
    where order_lines.line_kind = 'sale' and order_lines.discount_minor is not null
    group by sellers.associate_id, order_lines.currency, order_lines.business_date, order_lines.earned_date
)

select * from measures
