{{ config(materialized='view') }}
{# Interactions with a customer: their own record's, or the one that the first usable identifier names. #}
{% set identifiers = ['loyalty_id', 'customer_email', 'customer_phone', 'social_handle'] %}
{% set carried = ['source', 'interaction_id', 'associate_id', 'location_id', 'kind', 'method', 'outcome',
    'started_at', 'recorded_at', 'responded_at', 'booked_at'] %}
with interactions as (
    select * from {{ ref('stg_interactions') }}
    where not is_withdrawn
),

customer_map as (
    select * from {{ ref('int_customer_map') }}
),

nameless as (
    select * from interactions
    where customer_record_key is null
),

by_identifier as (
    select
        nameless.*,
        {{ first_usable_identifier('nameless', identifiers) }} as identifier
    from nameless
    {{ join_hubs('nameless', identifiers) }}
),

with_record as (
    select
        customer_record_key,
        {{ carried | join(', ') }}
    from interactions
    where customer_record_key is not null
    union all
    select
        {{ identifier_record_key('identifier') }} as customer_record_key,
        {{ carried | join(', ') }}
    from by_identifier
    where identifier is not null
)

select
    coalesce(customer_map.customer_key, with_record.customer_record_key) as customer_key,
    {{ epoch_seconds('with_record.started_at') }} as started_s,
    {% for column in carried -%}
    with_record.{{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from with_record
left join customer_map on with_record.customer_record_key = customer_map.customer_record_key
