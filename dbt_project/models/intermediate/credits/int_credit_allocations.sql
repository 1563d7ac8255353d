{#
    What remains of each sale after each of its lines, divided by the original shares: largest remainder in whole minor
    units, ties as for the shares. A line's credits are the difference to the division before it.
#}
with credit_lines as (
    select * from {{ ref('int_credit_lines') }}
),

splits as (
    select * from {{ ref('int_credit_splits') }}
),

floors as (
    select
        credit_lines.order_line_key,
        credit_lines.root_line_key,
        credit_lines.sequence,
        splits.role,
        splits.recipient,
        splits.reason,
        splits.role_order,
        splits.share_e12,
        credit_lines.after_minor,
        {{ allocated_floor('credit_lines.after_minor', 'splits.share_e12') }} as floor_minor,
        {{ allocated_remainder('credit_lines.after_minor', 'splits.share_e12') }} as remainder
    from credit_lines
    inner join splits on credit_lines.split_key = splits.split_key
),

ranked as (
    select
        *,
        after_minor - sum(floor_minor) over (partition by order_line_key) as left_over,
        row_number() over (
            partition by order_line_key
            order by remainder desc, role_order, case when recipient = 'house' then 1 else 0 end, recipient
        ) as place
    from floors
),

final as (
    select
        order_line_key,
        root_line_key,
        sequence,
        role,
        recipient,
        reason,
        role_order,
        share_e12,
        cast(floor_minor + case when place <= left_over then 1 else 0 end as bigint) as allocated_minor
    from ranked
)

select * from final
