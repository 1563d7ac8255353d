{{ config(materialized='view') }}
{#
    What a signal is about, and the cases among which it is counted: one row per case, is_hit where it is what the signal names. Nothing where
    the signal was not agreed on. No case decides about credit or pay.
#}
{% set minute, month_days, later_days = 60, 30, 90 %}
{% set not_kept = "('no_show', 'not_kept', 'opted_out', 'auto_reply', 'unknown_associate')" %}
{% set services = "('service_case', 'return_handling', 'follow_up', 'fulfilment')" %}
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

sales as (
    select * from order_lines
    where line_kind = 'sale' and business_date is not null
),

client_owners as (
    select client_owners.*
    from {{ ref('int_client_owners') }} as client_owners
    cross join any_agreed
),

assignments as (
    select assignments.*
    from {{ ref('dim_assignments') }} as assignments
    cross join any_agreed
),

interactions as (
    select touches.*
    from {{ ref('int_touches') }} as touches
    cross join any_agreed
    where coalesce(touches.left_out_reason, '') <> 'unknown_associate'
),

orders as (
    select orders.*
    from {{ ref('int_counted_orders') }} as orders
    cross join any_agreed
    where orders.associate_id is not null and orders.customer_key is not null
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

-- What somebody advised on and others sold.
advice as (
    select touches.*
    from touches
    left join sold
        on touches.root_line_key = sold.order_line_key
        and touches.recipient = sold.associate_id
    where touches.counted and sold.order_line_key is null
),

advised as (
    select
        advice.recipient as associate_id,
        advice.root_line_key as order_line_key,
        sold.associate_id as seller_id,
        sold.day,
        cast(date_trunc('month', sold.day) as date) as month
    from advice
    inner join sold on advice.root_line_key = sold.order_line_key
    group by advice.recipient, advice.root_line_key, sold.associate_id, sold.day
),

advised_pairs as (
    select
        associate_id,
        seller_id,
        month
    from advised
    group by associate_id, seller_id, month
),

returned_advice as (
    select
        advised.associate_id,
        advised.order_line_key,
        advised.day,
        min(back.associate_id) as with_associate_id
    from advised
    left join advised_pairs as back
        on advised.seller_id = back.associate_id
        and advised.associate_id = back.seller_id
        and advised.month = back.month
    group by advised.associate_id, advised.order_line_key, advised.day
),

teams as (
    select
        advised.associate_id,
        advised.order_line_key,
        -- Where a team is not known nobody is of another.
        min(case when theirs.team_id <> sellers_team.team_id then 1 else 0 end) as is_other_team
    from advised
    left join assignments as theirs
        on advised.associate_id = theirs.associate_id
        and advised.day >= theirs.valid_from
        and (advised.day < theirs.valid_to or theirs.valid_to is null)
    left join assignments as sellers_team
        on advised.seller_id = sellers_team.associate_id
        and advised.day >= sellers_team.valid_from
        and (advised.day < sellers_team.valid_to or sellers_team.valid_to is null)
    group by advised.associate_id, advised.order_line_key
),

recorded as (
    select
        advice.*,
        interactions.recorded_s,
        sales.ordered_s,
        teams.is_other_team
    from advice
    inner join interactions
        on advice.interaction_source = interactions.source
        and advice.interaction_id = interactions.interaction_id
    inner join sales on advice.root_line_key = sales.order_line_key
    inner join teams
        on advice.root_line_key = teams.order_line_key
        and advice.recipient = teams.associate_id
    where interactions.recorded_s is not null
),

last_sale as (
    select
        max(ordered_s) as ordered_s,
        max(business_date) as day
    from sales
),

appointments as (
    select interactions.*
    from interactions
    where interactions.kind = 'appointment' and coalesce(interactions.left_out_reason, '') not in {{ not_kept }}
),

followed as (
    select
        appointments.source,
        appointments.interaction_id
    from appointments
    inner join sales
        on appointments.customer_key = sales.customer_key
        and sales.ordered_s - appointments.started_s between 0 and {{ month_days }} * 86400
    union
    select
        appointments.source,
        appointments.interaction_id
    from appointments
    inner join interactions as services
        on appointments.customer_key = services.customer_key
        and services.started_s - appointments.started_s between 0 and {{ month_days }} * 86400
    where services.kind in {{ services }}
),

lines_of_orders as (
    select
        order_key,
        min(order_line_key) as order_line_key
    from sales
    group by order_key
),

second_visits as (
    select
        customer_key,
        ordered_at
    from orders
    where customer_place = 2
),

cases as (
    select {{ signal_case('own_touch_at_till', 'touches.recipient', 'cast(touches.started_at as date)', "coalesce(touches.left_out_reason = 'own_sale_hours', false)", line='touches.root_line_key', source='touches.interaction_source', interaction='touches.interaction_id') }}
    from touches
    {{ where_agreed('own_touch_at_till') }}
    union all
    select {{ signal_case('greeting_before_order', 'advice.recipient', 'cast(advice.started_at as date)', 'advice.age_s <= 60 * ' ~ minute, line='advice.root_line_key', source='advice.interaction_source', interaction='advice.interaction_id') }}
    from advice
    {{ where_agreed('greeting_before_order') }}
    union all
    select {{ signal_case('recorded_before_order', 'recorded.recipient', 'cast(recorded.started_at as date)', 'recorded.is_other_team = 1 and recorded.ordered_s - recorded.recorded_s between 0 and 60 * ' ~ minute, line='recorded.root_line_key', source='recorded.interaction_source', interaction='recorded.interaction_id') }}
    from recorded
    {{ where_agreed('recorded_before_order') }}
    union all
    select {{ signal_case('repeated_touch', 'touches.recipient', 'cast(touches.started_at as date)', "coalesce(touches.left_out_reason in ('one_per_day', 'max_per_order'), false)", line='touches.root_line_key', source='touches.interaction_source', interaction='touches.interaction_id') }}
    from touches
    {{ where_agreed('repeated_touch') }}
    union all
    select {{ signal_case('mutual_advice', 'returned_advice.associate_id', 'returned_advice.day', 'returned_advice.with_associate_id is not null', line='returned_advice.order_line_key', with='returned_advice.with_associate_id') }}
    from returned_advice
    {{ where_agreed('mutual_advice') }}
    union all
    select {{ signal_case('opted_out', 'interactions.associate_id', 'interactions.touch_date', "coalesce(interactions.left_out_reason = 'opted_out', false)", source='interactions.source', interaction='interactions.interaction_id') }}
    from interactions
    {{ where_agreed('opted_out') }}
    where interactions.kind = 'outreach'
    union all
    select {{ signal_case('booked_at_short_notice', 'appointments.associate_id', 'appointments.touch_date', "coalesce(appointments.left_out_reason = 'booked_too_late', false)", source='appointments.source', interaction='appointments.interaction_id') }}
    from appointments
    {{ where_agreed('booked_at_short_notice') }}
    union all
    select {{ signal_case('appointment_without_sale', 'appointments.associate_id', 'appointments.touch_date', 'followed.interaction_id is null', source='appointments.source', interaction='appointments.interaction_id') }}
    from appointments
    {{ where_agreed('appointment_without_sale') }}
    cross join last_sale
    left join followed
        on appointments.source = followed.source
        and appointments.interaction_id = followed.interaction_id
    where last_sale.ordered_s - appointments.started_s >= {{ month_days }} * 86400
    union all
    select {{ signal_case('second_seller_pair', 'sold.associate_id', 'sold.day', 'sellers.people = 2', line='sold.order_line_key', with='case when sellers.people = 2 and sellers.one_id = sold.associate_id then sellers.other_id when sellers.people = 2 then sellers.one_id end') }}
    from sold
    {{ where_agreed('second_seller_pair') }}
    inner join sellers on sold.order_line_key = sellers.order_line_key
    union all
    select {{ signal_case('unidentified_sale', 'sold.associate_id', 'sold.day', 'sold.customer_key is null', line='sold.order_line_key') }}
    from sold
    {{ where_agreed('unidentified_sale') }}
    union all
    select {{ signal_case('discount_at_month_end', 'sold.associate_id', 'sold.day', 'sold.discount_minor > 0', line='sold.order_line_key') }}
    from sold
    {{ where_agreed('discount_at_month_end') }}
    where sold.discount_minor is not null and extract(month from {{ add_days('sold.day', 3) }}) <> extract(month from sold.day)
    union all
    select {{ signal_case('sale_at_month_edge', 'sold.associate_id', 'sold.day', 'extract(day from sold.day) <= 3 or extract(month from ' ~ add_days('sold.day', 3) ~ ') <> extract(month from sold.day)', line='sold.order_line_key') }}
    from sold
    {{ where_agreed('sale_at_month_edge') }}
    union all
    select {{ signal_case('new_owner_before_order', 'client_owners.associate_id', 'sales.business_date', 'client_owners.valid_from >= ' ~ add_days('sales.business_date', -7), line='sales.order_line_key') }}
    from sales
    {{ where_agreed('new_owner_before_order') }}
    inner join client_owners
        on sales.customer_key = client_owners.customer_key
        and sales.business_date >= client_owners.valid_from
        and sales.business_date < client_owners.valid_to
    union all
    select {{ signal_case('split_order', 'orders.associate_id', 'orders.business_date', 'coalesce(' ~ epoch_seconds('orders.ordered_at') ~ ' - ' ~ epoch_seconds('orders.previous_ordered_at') ~ ' <= 30 * ' ~ minute ~ ', false)', line='lines_of_orders.order_line_key') }}
    from orders
    {{ where_agreed('split_order') }}
    inner join lines_of_orders on orders.order_key = lines_of_orders.order_key
    union all
    select {{ signal_case('no_second_visit', 'orders.associate_id', 'orders.business_date', 'coalesce(' ~ epoch_seconds('second_visits.ordered_at') ~ ' - ' ~ epoch_seconds('orders.ordered_at') ~ ' > ' ~ later_days ~ ' * 86400, true)', line='lines_of_orders.order_line_key') }}
    from orders
    {{ where_agreed('no_second_visit') }}
    cross join last_sale
    inner join lines_of_orders on orders.order_key = lines_of_orders.order_key
    left join second_visits on orders.customer_key = second_visits.customer_key
    where orders.customer_place = 1 and {{ add_days('orders.business_date', later_days) }} <= last_sale.day
    union all
    select {{ signal_case('unmatched_return', 'trim(split_part(order_lines.sellers, \':\', 1))', 'order_lines.business_date', 'not order_lines.is_matched_return', line='order_lines.order_line_key') }}
    from order_lines
    {{ where_agreed('unmatched_return') }}
    where order_lines.line_kind = 'return' and order_lines.business_date is not null and order_lines.sellers not like '%|%'
),

final as (
    select
        signal,
        associate_id,
        with_associate_id,
        agreement,
        order_line_key,
        interaction_source,
        interaction_id,
        is_hit,
        day
    from cases
)

select * from final
