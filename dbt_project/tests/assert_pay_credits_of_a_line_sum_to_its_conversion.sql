-- In every pay currency, the credits of a sale and of all that came back of it are what remains, converted. If this fails,
-- people would be paid on more or less than was sold.
with pay_credits as (
    select
        order_lines.root_line_key,
        pay_credits.pay_currency,
        sum(pay_credits.credit_minor) as credit_minor
    from {{ ref('fct_pay_credits') }} as pay_credits
    inner join {{ ref('fct_order_lines') }} as order_lines on pay_credits.order_line_key = order_lines.order_line_key
    group by order_lines.root_line_key, pay_credits.pay_currency
),

pay_lines as (
    select
        root_line_key,
        pay_currency,
        min(after_minor) - sum(excess_minor) as remaining_minor
    from {{ ref('int_pay_lines') }}
    group by root_line_key, pay_currency
)

select
    pay_lines.root_line_key,
    pay_lines.pay_currency,
    pay_lines.remaining_minor,
    pay_credits.credit_minor
from pay_lines
left join pay_credits
    on pay_lines.root_line_key = pay_credits.root_line_key
    and pay_lines.pay_currency = pay_credits.pay_currency
where coalesce(pay_credits.credit_minor, 0) <> pay_lines.remaining_minor
