-- No usable identifier joins two customers. If this fails, the fixed rounds of the component search were too few for a chain
-- of records, and one person would be credited as two customers. Each row is such an identifier (a token), with two of the
-- customers. What to do: look at one with `incentives explain customer` on a record that carries it; a chain this long (over
-- 20,000 records) is data that was mixed up, so lower identity.max_customers_per_identifier or have the source withdraw the
-- identifiers; if the chain is right, raise `rounds` in int_customer_map.sql by 5, which is enough for 30 times the records.
with customers as (
    select
        edges.identifier,
        coalesce(customer_map.customer_key, edges.customer_record_key) as customer_key
    from {{ ref('int_identity_edges') }} as edges
    left join {{ ref('int_customer_map') }} as customer_map on edges.customer_record_key = customer_map.customer_record_key
)

select
    identifier,
    min(customer_key) as customer_key,
    max(customer_key) as other_customer_key
from customers
group by identifier
having min(customer_key) <> max(customer_key)
