with sale_lines as (
    select * from {{ ref('int_sale_lines') }}
    where customer_key is not null
)

select distinct
    customer_key,
    order_key,
    ordered_s
from sale_lines
