with pay_lines as (
    select * from {{ ref('int_pay_lines') }}
),

splits as (
    select * from {{ ref('int_credit_splits') }}
),

self_purchases as (
    select * from {{ ref('int_self_purchases') }}
),

floors as (
    select
        pay_lines.order_line_key,
        pay_lines.root_line_key,
        pay_lines.pay_currency,
        pay_lines.sequence,
        splits.role,
        splits.recipient,
        splits.role_order,
        pay_lines.after_minor,
        {{ allocated_floor('pay_lines.after_minor', 'splits.share_e12') }} as floor_minor,
        {{ allocated_remainder('pay_lines.after_minor', 'splits.share_e12') }} as remainder
    from pay_lines
    inner join splits on pay_lines.split_key = splits.split_key
),

ranked as (
    select
        *,
        after_minor - sum(floor_minor) over (partition by order_line_key, pay_currency) as left_over,
        row_number() over (
            partition by order_line_key, pay_currency
            order by remainder desc, role_order, case when recipient = 'house' then 1 else 0 end, recipient
        ) as place
    from floors
),

allocations as (
    select
        order_line_key,
        root_line_key,
        pay_currency,
        sequence,
        role,
        recipient,
        role_order,
        floor_minor + case when place <= left_over then 1 else 0 end as allocated_minor
    from ranked
),

parts as (
    select
        allocations.order_line_key,
        allocations.pay_currency,
        allocations.role,
        case when self_purchases.associate_id is not null then 'house' else allocations.recipient end as recipient,
        allocations.role_order,
        allocations.allocated_minor - coalesce(earlier.allocated_minor, 0) as credit_minor
    from allocations
    left join allocations as earlier
        on allocations.root_line_key = earlier.root_line_key
        and allocations.pay_currency = earlier.pay_currency
        and allocations.sequence - 1 = earlier.sequence
        and allocations.role_order = earlier.role_order
        and allocations.recipient = earlier.recipient
    left join self_purchases
        on allocations.root_line_key = self_purchases.root_line_key
        and allocations.recipient = self_purchases.associate_id
    union all
    select
        order_line_key,
        pay_currency,
        cast(null as {{ dbt.type_string() }}) as role,
        'house' as recipient,
        0 as role_order,
        -excess_minor as credit_minor
    from pay_lines
    where excess_minor > 0
),

final as (
    select
        order_line_key,
        role,
        recipient,
        pay_currency,
        cast(sum(credit_minor) as bigint) as credit_minor
    from parts
    group by order_line_key, role, recipient, pay_currency
)

select * from final
