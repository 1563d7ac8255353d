with sightings as (
    select * from {{ ref('int_identity_sightings') }}
),

settings as (
    select * from {{ ref('stg_settings') }}
    where name = 'max_customers_per_identifier'
),

records_per_source as (
    select
        identifier,
        source,
        count(*) as customer_records
    from sightings
    group by identifier, source
),

limits as (
    select max(cast(value as bigint)) as customer_records_max from settings
)

select
    records_per_source.identifier,
    records_per_source.source,
    cast(records_per_source.customer_records as bigint) as customer_records,
    limits.customer_records_max
from records_per_source
cross join limits
where records_per_source.customer_records > limits.customer_records_max
