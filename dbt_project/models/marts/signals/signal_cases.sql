{{ config(materialized='view') }}
{#
    What a signal is about, and the cases among which it is counted: one row per case, is_hit where it is what the signal names. Nothing where
    the signal was not agreed on. No case decides about credit or pay.
#}
with agreed as (
    select * from {{ ref('int_agreed_signals') }}
),

-- One row where any signal was agreed on, none where none was: nothing large is read then.
any_agreed as (
    select count(*) as signals
    from agreed
    having count(*) > 0
),

credits as (
    select credits.*
    from {{ ref('fct_credits') }} as credits
    cross join any_agreed
    where credits.recipient <> 'house' and credits.line_kind = 'sale'
),

order_lines as (
    select order_lines.*
    from {{ ref('int_order_lines') }} as order_lines
    cross join any_agreed
),

client_owners as (
    select client_owners.*
    from {{ ref('int_client_owners') }} as client_owners
    cross join any_agreed
),

touches as (
    select touches.*
    from {{ ref('fct_credit_touches') }} as touches
    cross join any_agreed
    where touches.role = 'advisor'
),

sold as (
    select
        credits.recipient as associate_id,
        credits.order_line_key,
        credits.customer_key,
        credits.business_date as day,
        order_lines.discount_minor
    from credits
    inner join order_lines on credits.order_line_key = order_lines.order_line_key
    where credits.role = 'seller' and credits.business_date is not null
),

sellers as (
    select
        order_line_key,
        count(*) as people,
        min(associate_id) as one_id,
        max(associate_id) as other_id
    from sold
    group by order_line_key
),

cases as (
    select
        'own_touch_at_till' as signal,
        touches.recipient as associate_id,
        cast(touches.started_at as date) as day,
        coalesce(touches.left_out_reason = 'own_sale_hours', false) as is_hit,
        touches.root_line_key as order_line_key,
        touches.interaction_source,
        touches.interaction_id,
        cast(null as {{ dbt.type_string() }}) as with_associate_id
    from touches
    union all
    select
        'greeting_before_order' as signal,
        touches.recipient as associate_id,
        cast(touches.started_at as date) as day,
        touches.age_s <= 3600 as is_hit,
        touches.root_line_key as order_line_key,
        touches.interaction_source,
        touches.interaction_id,
        cast(null as {{ dbt.type_string() }}) as with_associate_id
    from touches
    left join sold
        on touches.root_line_key = sold.order_line_key
        and touches.recipient = sold.associate_id
    where touches.counted and sold.order_line_key is null
    union all
    select
        'second_seller_pair' as signal,
        sold.associate_id,
        sold.day,
        sellers.people = 2 as is_hit,
        sold.order_line_key,
        cast(null as {{ dbt.type_string() }}) as interaction_source,
        cast(null as {{ dbt.type_string() }}) as interaction_id,
        case
            when sellers.people = 2 and sellers.one_id = sold.associate_id then sellers.other_id
            when sellers.people = 2 then sellers.one_id
        end as with_associate_id
    from sold
    inner join sellers on sold.order_line_key = sellers.order_line_key
    union all
    select
        'unidentified_sale' as signal,
        associate_id,
        day,
        customer_key is null as is_hit,
        order_line_key,
        cast(null as {{ dbt.type_string() }}) as interaction_source,
        cast(null as {{ dbt.type_string() }}) as interaction_id,
        cast(null as {{ dbt.type_string() }}) as with_associate_id
    from sold
    union all
    select
        'discount_at_month_end' as signal,
        associate_id,
        day,
        discount_minor > 0 as is_hit,
        order_line_key,
        cast(null as {{ dbt.type_string() }}) as interaction_source,
        cast(null as {{ dbt.type_string() }}) as interaction_id,
        cast(null as {{ dbt.type_string() }}) as with_associate_id
    from sold
    where discount_minor is not null and extract(month from {{ add_days('day', 3) }}) <> extract(month from day)
    union all
    select
        'new_owner_before_order' as signal,
        client_owners.associate_id,
        order_lines.business_date as day,
        client_owners.valid_from >= {{ add_days('order_lines.business_date', -7) }} as is_hit,
        order_lines.order_line_key,
        cast(null as {{ dbt.type_string() }}) as interaction_source,
        cast(null as {{ dbt.type_string() }}) as interaction_id,
        cast(null as {{ dbt.type_string() }}) as with_associate_id
    from order_lines
    inner join client_owners
        on order_lines.customer_key = client_owners.customer_key
        and order_lines.business_date >= client_owners.valid_from
        and order_lines.business_date < client_owners.valid_to
    where order_lines.line_kind = 'sale'
),

final as (
    select
        cases.signal,
        cases.associate_id,
        cases.with_associate_id,
        agreed.agreement,
        cases.order_line_key,
        cases.interaction_source,
        cases.interaction_id,
        cases.is_hit,
        cases.day
    from cases
    inner join agreed on cases.signal = agreed.signal
)

select * from final
