-- A fully returned line sums to zero for every recipient; a partly returned one to the division of what remains, never below
-- zero for anyone. If this fails, someone pays for a return that they were never credited for.
with credits as (
    select * from {{ ref('fct_credits') }}
    where reason is null or reason <> 'return_exceeds_sale'
),

matched as (
    select credits.*
    from credits
    inner join {{ ref('int_credit_lines') }} as credit_lines on credits.order_line_key = credit_lines.order_line_key
    where credit_lines.excess_minor = 0
)

select
    root_line_key,
    role_order,
    recipient,
    sum(credit_minor) as credit_minor
from matched
group by root_line_key, role_order, recipient
having sum(credit_minor) < 0
