with pay_credits as (
    select * from {{ ref('int_pay_credits') }}
),

order_lines as (
    select * from {{ ref('int_order_lines') }}
),

final as (
    select
        pay_credits.order_line_key,
        pay_credits.role,
        pay_credits.recipient,
        pay_credits.pay_currency,
        pay_credits.credit_minor,
        order_lines.business_date,
        order_lines.earned_date
    from pay_credits
    inner join order_lines on pay_credits.order_line_key = order_lines.order_line_key
)

select * from final
