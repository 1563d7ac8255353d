-- Generated from the contract of customer_identifiers by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'customer_identifiers') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'customer_identifiers'

),

typed as (

    select
        *,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        source,
        customer_id,
        identifier_type,
        identifier_value,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('source') }}
            {{ fault_if_missing('customer_id') }}
            {{ fault_if_missing('identifier_type') }}
            {{ fault_if_missing('identifier_value') }}
            {{ fault_if_separator_in(['source', 'identifier_value']) }}
            {{ fault_if_not_one_of('identifier_type', ['email', 'phone', 'loyalty_id', 'social_handle', 'account_id']) }}
            {{ fault_if_other_source() }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
        end as fault
    from typed

)

select * from final
