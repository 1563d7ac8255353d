{#
    customer_key, started_s and tie_order name a touch among all touches in whole numbers, and order those of one customer:
    what ranks touches needs no text.
#}
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

associates as (
    select
        associate_id,
        {{ hex_to_bigint('substr(md5(associate_id), 1, 15)') }} as associate_key,
        hired_on,
        left_on
    from {{ ref('stg_associates') }}
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

local_dates as (
    select * from {{ ref('int_local_dates') }}
),

contact_permissions as (
    select * from {{ ref('int_contact_permissions') }}
    where is_contact_withdrawn
),

workspace as (
    select max(value) as time_zone from settings
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
),

with_customer as (
    select
        coalesce(customer_map.customer_key, with_record.customer_record_key) as customer_key,
        with_record.source,
        with_record.interaction_id,
        with_record.associate_id,
        with_record.kind,
        case when with_record.kind = 'outreach' then with_record.method end as outreach_method,
        lower(trim(with_record.outcome)) as outcome,
        {{ epoch_seconds('with_record.started_at') }} as started_s,
        {{ epoch_seconds('with_record.recorded_at') }} as recorded_s,
        {{ epoch_seconds('with_record.responded_at') }} as responded_s,
        {{ epoch_seconds('with_record.booked_at') }} as booked_s,
        local_dates.local_date as touch_date,
        with_record.started_at
    from with_record
    cross join workspace
    left join customer_map on with_record.customer_record_key = customer_map.customer_record_key
    left join locations on with_record.location_id = locations.location_id
    inner join local_dates
        on coalesce(locations.time_zone, workspace.time_zone) = local_dates.time_zone
        and {{ quarter_hour(epoch_seconds('with_record.started_at')) }} = local_dates.quarter_no
),

-- The same for every policy and order: what is wrong with the touch in itself.
judged as (
    select
        with_customer.customer_key,
        associates.associate_key,
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
),

final as (
    select
        customer_key,
        associate_key,
        row_number() over (partition by customer_key, started_s order by source, interaction_id) as tie_order,
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
)

select * from final
