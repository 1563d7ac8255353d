-- One integer key for each customer record of a source. If this fails, two customers share a key and one would be credited
-- for the other: set another workspace.key_salt and build anew.
with

records as (
{% for feed in ['order_lines', 'interactions', 'customers', 'customer_identifiers', 'permissions'] %}
    select distinct
        customer_record_key,
        source,
        customer_id
    from {{ ref('stg_' ~ feed) }}
    where customer_record_key is not null
{% if not loop.last %}
    union
{% endif %}
{% endfor %}
)

select customer_record_key
from records
group by customer_record_key
having count(*) > 1
