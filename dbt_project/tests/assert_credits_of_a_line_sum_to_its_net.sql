-- Every completed line is divided whole: nothing is lost, nothing is made. If this fails, a payout or the period's
-- reconciliation is wrong by the difference.
with credits as (
    select
        order_line_key,
        sum(credit_minor) as credit_minor
    from {{ ref('fct_credits') }}
    group by order_line_key
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where completed_at is not null
)

select
    order_lines.source,
    order_lines.order_id,
    order_lines.line_id,
    order_lines.net_minor,
    credits.credit_minor
from order_lines
left join credits on order_lines.order_line_key = credits.order_line_key
where credits.credit_minor is null or credits.credit_minor <> order_lines.net_minor
