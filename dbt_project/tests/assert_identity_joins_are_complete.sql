-- No usable identifier joins two customers. If this fails, the fixed rounds of the component search were too few for a chain
-- of records, and one person would be credited as two customers.
with customers as (
    select
        edges.identifier,
        coalesce(customer_map.customer_key, edges.customer_record_key) as customer_key
    from {{ ref('int_identity_edges') }} as edges
    left join {{ ref('int_customer_map') }} as customer_map on edges.customer_record_key = customer_map.customer_record_key
)

select identifier
from customers
group by identifier
having min(customer_key) <> max(customer_key)
