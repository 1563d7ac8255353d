with order_lines as (
    select * from {{ ref('int_order_lines') }}
),

labels as (
    select * from {{ ref('int_order_line_labels') }}
),

final as (
    select
        order_lines.order_line_key,
        order_lines.root_line_key,
        order_lines.order_key,
        order_lines.customer_key,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.line_kind,
        labels.channel,
        order_lines.location_id,
        order_lines.sku,
        order_lines.category,
        order_lines.currency,
        order_lines.policy_key,
        order_lines.quantity_milli,
        order_lines.net_minor,
        order_lines.business_date,
        order_lines.earned_date,
        order_lines.ordered_at,
        order_lines.completed_at
    from order_lines
    inner join labels on order_lines.order_line_key = labels.order_line_key
)

select * from final
