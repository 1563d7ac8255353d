with order_lines as (
    select * from {{ ref('int_order_lines') }}
    where policy_key is null
)

select
    order_date,
    cast(count(*) as bigint) as order_lines
from order_lines
group by order_date
