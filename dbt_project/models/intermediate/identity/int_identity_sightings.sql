with identifiers as (
    select * from {{ ref('stg_customer_identifiers') }}
    where not is_withdrawn
),

order_lines as (
    select * from {{ ref('stg_order_lines') }}
    where not is_withdrawn and customer_record_key is not null
),

interactions as (
    select * from {{ ref('stg_interactions') }}
    where not is_withdrawn and customer_record_key is not null
),

seen as (
    select identifiers.customer_record_key, identifiers.source, identifiers.identifier_value as identifier
    from identifiers
    {% for column in ['customer_email', 'customer_phone', 'loyalty_id'] %}
    union all
    select order_lines.customer_record_key, order_lines.source, order_lines.{{ column }} as identifier
    from order_lines
    where order_lines.{{ column }} is not null
    {% endfor %}
    {% for column in ['customer_email', 'customer_phone', 'loyalty_id', 'social_handle'] %}
    union all
    select interactions.customer_record_key, interactions.source, interactions.{{ column }} as identifier
    from interactions
    where interactions.{{ column }} is not null
    {% endfor %}
)

select distinct
    customer_record_key,
    source,
    identifier
from seen
where identifier is not null
