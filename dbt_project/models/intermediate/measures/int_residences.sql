{{ config(materialized='view') }}
{# Where a client lives: unknown where their records do not agree. #}
with customer_map as (
    select * from {{ ref('int_customer_map') }}
),

customers as (
    select * from {{ ref('stg_customers') }}
    where not is_withdrawn and residence_country is not null
)

select
    coalesce(customer_map.customer_key, customers.customer_record_key) as customer_key,
    min(customers.residence_country) as residence_country
from customers
left join customer_map on customers.customer_record_key = customer_map.customer_record_key
group by coalesce(customer_map.customer_key, customers.customer_record_key)
having min(customers.residence_country) = max(customers.residence_country)
