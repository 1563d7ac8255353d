{% set line_identifiers = ['loyalty_id', 'customer_email', 'customer_phone'] %}
{% set interaction_identifiers = ['loyalty_id', 'customer_email', 'customer_phone', 'social_handle'] %}
with sightings as (
    select * from {{ ref('int_identity_sightings') }}
),

hubs as (
    select distinct identifier from {{ ref('int_identity_hubs') }}
),

order_lines as (
    select * from {{ ref('stg_order_lines') }}
    where not is_withdrawn and customer_record_key is null
),

interactions as (
    select * from {{ ref('stg_interactions') }}
    where not is_withdrawn and customer_record_key is null
),

named_by_identifier as (
    select {{ first_usable_identifier('order_lines', line_identifiers) }} as identifier
    from order_lines
    {{ join_hubs('order_lines', line_identifiers) }}
    union
    select {{ first_usable_identifier('interactions', interaction_identifiers) }} as identifier
    from interactions
    {{ join_hubs('interactions', interaction_identifiers) }}
),

edges as (
    select
        sightings.customer_record_key,
        sightings.identifier
    from sightings
    left join hubs on sightings.identifier = hubs.identifier
    where hubs.identifier is null
    union
    select
        {{ identifier_record_key('named_by_identifier.identifier') }} as customer_record_key,
        named_by_identifier.identifier
    from named_by_identifier
    where named_by_identifier.identifier is not null
)

select
    customer_record_key,
    identifier
from edges
