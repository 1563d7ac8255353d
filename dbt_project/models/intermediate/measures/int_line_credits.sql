{{ config(materialized='view') }}
with credits as (
    select * from {{ ref('int_credits') }}
),

order_lines as (
    select * from {{ ref('int_order_lines') }}
)

select
    credits.order_line_key,
    credits.recipient,
    credits.role,
    credits.role_order,
    credits.share_e12,
    credits.credit_minor,
    order_lines.root_line_key,
    order_lines.order_key,
    order_lines.business_date,
    order_lines.earned_date
from credits
inner join order_lines on credits.order_line_key = order_lines.order_line_key
