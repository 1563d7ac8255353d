with credits as (
    select * from {{ ref('int_credits') }}
),

order_lines as (
    select * from {{ ref('int_order_lines') }}
),

policies as (
    select * from {{ ref('int_policies') }}
),

final as (
    select
        credits.order_line_key,
        order_lines.root_line_key,
        order_lines.order_key,
        order_lines.customer_key,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.line_kind,
        credits.role,
        credits.recipient,
        credits.reason,
        order_lines.location_id,
        order_lines.sku,
        order_lines.category,
        order_lines.currency,
        policies.policy,
        policies.policy_key,
        cast(credits.role_order as integer) as role_order,
        credits.share_e12,
        credits.credit_minor,
        order_lines.business_date,
        order_lines.earned_date,
        order_lines.ordered_at,
        order_lines.completed_at
    from credits
    inner join order_lines on credits.order_line_key = order_lines.order_line_key
    inner join policies on order_lines.policy_key = policies.policy_key
)

select * from final
