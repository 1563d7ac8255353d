with order_lines as (
    select * from {{ ref('int_order_lines') }}
    where completed_at is not null and policy_key is not null
),

credit_lines as (
    select * from {{ ref('int_credit_lines') }}
),

allocations as (
    select * from {{ ref('int_credit_allocations') }}
),

self_purchases as (
    select * from {{ ref('int_self_purchases') }}
),

divided as (
    select
        allocations.order_line_key,
        allocations.role,
        case when self_purchases.associate_id is not null then 'house' else allocations.recipient end as recipient,
        case when self_purchases.associate_id is not null then 'self_purchase' else allocations.reason end as reason,
        allocations.role_order,
        allocations.share_e12,
        allocations.allocated_minor - coalesce(earlier.allocated_minor, 0) as credit_minor
    from allocations
    left join allocations as earlier
        on allocations.root_line_key = earlier.root_line_key
        and allocations.sequence - 1 = earlier.sequence
        and allocations.role_order = earlier.role_order
        and allocations.recipient = earlier.recipient
    left join self_purchases
        on allocations.root_line_key = self_purchases.root_line_key
        and allocations.recipient = self_purchases.associate_id
),

-- A return that takes nothing off what remains divides nothing: all of it is over-returned.
matched as (
    select divided.*
    from divided
    inner join credit_lines on divided.order_line_key = credit_lines.order_line_key
    where
        credit_lines.excess_minor = 0
        or credit_lines.before_minor > credit_lines.after_minor
),

over_returned as (
    select
        order_line_key,
        cast(null as {{ dbt.type_string() }}) as role,
        'house' as recipient,
        'return_exceeds_sale' as reason,
        cast(0 as bigint) as role_order,
        cast(case when before_minor > after_minor then 0 else 1000000000000 end as bigint) as share_e12,
        -excess_minor as credit_minor
    from credit_lines
    where excess_minor > 0
),

undivided as (
    select
        order_lines.order_line_key,
        cast(null as {{ dbt.type_string() }}) as role,
        'house' as recipient,
        case when order_lines.is_matched_return then 'sale_not_completed' else 'unmatched_return' end as reason,
        cast(0 as bigint) as role_order,
        cast(1000000000000 as bigint) as share_e12,
        order_lines.net_minor as credit_minor
    from order_lines
    left join credit_lines on order_lines.order_line_key = credit_lines.order_line_key
    where credit_lines.order_line_key is null
),

-- Self-purchases and what exceeds a sale can meet what is house's already: such lines get one row for each role and recipient.
meeting_lines as (
    select order_line_key from over_returned
    union
    select order_line_key from matched
    where reason = 'self_purchase'
),

met as (
    select matched.*
    from matched
    inner join meeting_lines on matched.order_line_key = meeting_lines.order_line_key
    union all
    select * from over_returned
),

final as (
    select matched.*
    from matched
    left join meeting_lines on matched.order_line_key = meeting_lines.order_line_key
    where meeting_lines.order_line_key is null
    union all
    select
        order_line_key,
        role,
        recipient,
        min(reason) as reason,
        role_order,
        cast(sum(share_e12) as bigint) as share_e12,
        cast(sum(credit_minor) as bigint) as credit_minor
    from met
    group by order_line_key, role, recipient, role_order
    union all
    select * from undivided
)

select * from final
