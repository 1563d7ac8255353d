{{ config(materialized='view') }}
with clients as (
    select * from {{ ref('int_order_clients') }}
)

select
    order_key,
    is_new,
    is_local
from clients
