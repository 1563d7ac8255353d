{% set identifiers = ['loyalty_id', 'customer_email', 'customer_phone', 'social_handle'] %}
with interactions as (
    select * from {{ ref('stg_interactions') }}
    where not is_withdrawn
),

customer_map as (
    select * from {{ ref('int_customer_map') }}
),

associates as (
    select * from {{ ref('stg_associates') }}
    where not is_withdrawn
),

locations as (
    select * from {{ ref('stg_locations') }}
    where not is_withdrawn
),

settings as (
    select * from {{ ref('stg_settings') }}
    where name = 'time_zone'
),

contact_permissions as (
    select * from {{ ref('int_contact_permissions') }}
    where is_contact_withdrawn
),

workspace as (
    select max(value) as time_zone from settings
),

with_record as (
    select
        coalesce(
            interactions.customer_record_key,
            {{ identifier_record_key(first_usable_identifier('interactions', identifiers)) }}
        ) as customer_record_key,
        interactions.source,
        interactions.interaction_id,
        interactions.associate_id,
        interactions.location_id,
        interactions.kind,
        interactions.method,
        lower(trim(interactions.outcome)) as outcome,
        interactions.started_at,
        {{ epoch_seconds('interactions.started_at') }} as started_s,
        {{ epoch_seconds('interactions.recorded_at') }} as recorded_s,
        {{ epoch_seconds('interactions.responded_at') }} as responded_s,
        {{ epoch_seconds('interactions.booked_at') }} as booked_s
    from interactions
    {{ join_hubs('interactions', identifiers) }}
    where
        interactions.customer_record_key is not null
        or {{ first_usable_identifier('interactions', identifiers) }} is not null
),

with_customer as (
    select
        with_record.*,
        case when with_record.kind = 'outreach' then with_record.method end as outreach_method,
        coalesce(customer_map.customer_key, with_record.customer_record_key) as customer_key,
        {{ local_date('with_record.started_at', 'coalesce(locations.time_zone, workspace.time_zone)') }} as touch_date
    from with_record
    cross join workspace
    left join customer_map on with_record.customer_record_key = customer_map.customer_record_key
    left join locations on with_record.location_id = locations.location_id
),

-- The same for every policy and order: what is wrong with the touch in itself.
judged as (
    select
        with_customer.customer_key,
        with_customer.source,
        with_customer.interaction_id,
        with_customer.associate_id,
        with_customer.kind,
        with_customer.started_s,
        with_customer.recorded_s,
        with_customer.responded_s,
        case
            when associates.associate_id is null then 'unknown_associate'
            when with_customer.touch_date < associates.hired_on or with_customer.touch_date > associates.left_on then 'not_employed'
            when with_customer.outcome in ('no_show', 'opted_out', 'auto_reply') then with_customer.outcome
            when with_customer.kind = 'appointment' and coalesce(with_customer.outcome, '') <> 'kept' then 'not_kept'
            when with_customer.kind = 'appointment' and with_customer.started_s - with_customer.booked_s < 3600 then 'booked_too_late'
            when contact_permissions.is_contact_withdrawn then 'not_permitted'
        end as left_out_reason,
        with_customer.touch_date,
        with_customer.started_at
    from with_customer
    left join associates on with_customer.associate_id = associates.associate_id
    left join contact_permissions
        on with_customer.customer_key = contact_permissions.customer_key
        and with_customer.outreach_method = contact_permissions.method
        and with_customer.started_s >= contact_permissions.from_s
        and with_customer.started_s < contact_permissions.to_s
)

select
    customer_key,
    source,
    interaction_id,
    associate_id,
    kind,
    started_s,
    recorded_s,
    responded_s,
    left_out_reason,
    touch_date,
    started_at
from judged
