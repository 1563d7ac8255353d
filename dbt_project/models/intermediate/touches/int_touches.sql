{#
    customer_key, started_s and tie_order name a touch among all touches in whole numbers, and order those of one customer:
    what ranks touches needs no text.
#}
with identified as (
    select * from {{ ref('int_identified_interactions') }}
),

ties as (
    select * from {{ ref('int_touch_ties') }}
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

with_date as (
    select
        identified.customer_key,
        identified.source,
        identified.interaction_id,
        identified.associate_id,
        identified.kind,
        case when identified.kind = 'outreach' then identified.method end as outreach_method,
        lower(trim(identified.outcome)) as outcome,
        identified.started_s,
        {{ epoch_seconds('identified.recorded_at') }} as recorded_s,
        {{ epoch_seconds('identified.responded_at') }} as responded_s,
        {{ epoch_seconds('identified.booked_at') }} as booked_s,
        local_dates.local_date as touch_date,
        identified.started_at
    from identified
    cross join workspace
    left join locations on identified.location_id = locations.location_id
    inner join local_dates
        on coalesce(locations.time_zone, workspace.time_zone) = local_dates.time_zone
        and {{ quarter_hour('identified.started_s') }} = local_dates.quarter_no
),

-- The same for every policy and order: what is wrong with the touch in itself.
judged as (
    select
        with_date.customer_key,
        associates.associate_key,
        with_date.source,
        with_date.interaction_id,
        with_date.associate_id,
        with_date.kind,
        with_date.started_s,
        with_date.recorded_s,
        with_date.responded_s,
        case
            when associates.associate_id is null then 'unknown_associate'
            when with_date.touch_date < associates.hired_on or with_date.touch_date > associates.left_on then 'not_employed'
            when with_date.outcome in ('no_show', 'opted_out', 'auto_reply') then with_date.outcome
            when with_date.kind = 'appointment' and coalesce(with_date.outcome, '') <> 'kept' then 'not_kept'
            when with_date.kind = 'appointment' and with_date.started_s - with_date.booked_s < 3600 then 'booked_too_late'
            when contact_permissions.is_contact_withdrawn then 'not_permitted'
        end as left_out_reason,
        with_date.touch_date,
        with_date.started_at
    from with_date
    left join associates on with_date.associate_id = associates.associate_id
    left join contact_permissions
        on with_date.customer_key = contact_permissions.customer_key
        and with_date.outreach_method = contact_permissions.method
        and with_date.started_s >= contact_permissions.from_s
        and with_date.started_s < contact_permissions.to_s
),

final as (
    select
        judged.customer_key,
        judged.associate_key,
        cast(coalesce(ties.tie_order, 1) as bigint) as tie_order,
        judged.source,
        judged.interaction_id,
        judged.associate_id,
        judged.kind,
        judged.started_s,
        judged.recorded_s,
        judged.responded_s,
        judged.left_out_reason,
        judged.touch_date,
        judged.started_at
    from judged
    left join ties
        on judged.source = ties.source
        and judged.interaction_id = ties.interaction_id
)

select * from final
