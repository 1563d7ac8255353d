-- One row for each line, role and recipient, and none without its line. If this fails, a join multiplied credits.
select
    credits.order_line_key,
    credits.role_order,
    credits.recipient
from {{ ref('fct_credits') }} as credits
left join {{ ref('fct_order_lines') }} as order_lines on credits.order_line_key = order_lines.order_line_key
group by credits.order_line_key, credits.role_order, credits.recipient
having count(*) <> 1 or count(order_lines.order_line_key) <> 1
