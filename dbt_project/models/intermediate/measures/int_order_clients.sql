{{ config(materialized='view') }}
{# What an order that counts says of its client: whether it is their first, and whether they live in the country of its location. #}
with counted_orders as (
    select * from {{ ref('int_counted_orders') }}
    where customer_key is not null
),

residences as (
    select * from {{ ref('int_residences') }}
),

locations as (
    select * from {{ ref('stg_locations') }}
    where not is_withdrawn
)

select
    counted_orders.order_key,
    counted_orders.customer_place = 1 as is_new,
    residences.residence_country = locations.country as is_local
from counted_orders
left join residences on counted_orders.customer_key = residences.customer_key
left join locations on counted_orders.location_id = locations.location_id
