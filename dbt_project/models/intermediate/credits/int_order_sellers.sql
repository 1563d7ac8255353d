with sale_lines as (
    select * from {{ ref('int_sale_lines') }}
),

seller_lists as (
    select * from {{ ref('int_seller_lists') }}
)

select distinct
    sale_lines.order_key,
    seller_lists.associate_id
from sale_lines
inner join seller_lists on sale_lines.sellers = seller_lists.sellers
