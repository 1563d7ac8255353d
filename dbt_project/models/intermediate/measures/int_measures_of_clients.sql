{{ config(materialized='view') }}
{# Rows of fct_measures that are made of what is done for known clients, and of client books. Definitions stand in the registry. #}
with touches as (
    select * from {{ ref('int_touches') }}
    where kind in ('outreach', 'service_case')
),

remaining_orders as (
    select * from {{ ref('int_remaining_orders') }}
    where customer_key is not null
),

interactions as (
    select * from {{ ref('stg_interactions') }}
    where kind = 'service_case'
),

client_books as (
    select * from {{ ref('int_client_books') }}
),

outreach as (
    select
        source,
        interaction_id,
        customer_key,
        associate_id,
        touch_date,
        started_at
    from touches
    where kind = 'outreach'
),

converted as (
    select distinct
        outreach.source,
        outreach.interaction_id
    from outreach
    inner join remaining_orders
        on outreach.customer_key = remaining_orders.customer_key
        and outreach.started_at < remaining_orders.ordered_at
        and remaining_orders.ordered_at <= {{ add_seconds('outreach.started_at', 2592000) }}
),

judged_outreach as (
    select
        outreach.associate_id,
        outreach.touch_date,
        converted.interaction_id is not null as is_converted
    from outreach
    left join converted
        on outreach.source = converted.source
        and outreach.interaction_id = converted.interaction_id
),

numbered_cases as (
    select
        source,
        interaction_id,
        associate_id,
        touch_date,
        started_s,
        lead(started_s) over (partition by customer_key order by started_s, tie_order) as next_started_s
    from touches
    where kind = 'service_case'
),

cases as (
    select
        numbered_cases.associate_id,
        numbered_cases.touch_date,
        numbered_cases.next_started_s <= numbered_cases.started_s + 604800 as is_followed,
        lower(trim(interactions.outcome)) as outcome
    from numbered_cases
    inner join interactions
        on numbered_cases.source = interactions.source
        and numbered_cases.interaction_id = interactions.interaction_id
),

measures as (
    select {{ measure_row('associate', 'associate_id', "'outreach_converted_share'", 'sum(case when is_converted then 1 else 0 end)', 'touch_date', 'touch_date', none, none, 'count(*)') }}
    from judged_outreach
    group by associate_id, touch_date
    union all
    select {{ measure_row('associate', 'associate_id', "'first_contact_resolution_share'", "sum(case when outcome = 'resolved' and not coalesce(is_followed, false) then 1 else 0 end)", 'touch_date', 'touch_date', none, none, 'count(*)') }}
    from cases
    where outcome <> 'unanswered'
    group by associate_id, touch_date
    union all
    select {{ measure_row('associate', 'associate_id', "'client_book_size'", 'clients', 'month_end', 'month_end') }}
    from client_books
    union all
    select {{ measure_row('associate', 'associate_id', "'client_book_active_share'", 'active_clients', 'month_end', 'month_end', none, none, 'clients') }}
    from client_books
)

select * from measures
