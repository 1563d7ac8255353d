-- Generated from the contract of client_ownership by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'client_ownership') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'client_ownership'

),

typed as (

    select
        *,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_date('valid_from') }} as typed_valid_from,
        {{ read_date('valid_to') }} as typed_valid_to,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        customer_source,
        customer_id,
        associate_id,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_valid_from as valid_from,
        typed_valid_to as valid_to,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('customer_source') }}
            {{ fault_if_missing('customer_id') }}
            {{ fault_if_missing('associate_id') }}
            {{ fault_if_missing('valid_from') }}
            {{ fault_if_separator_in(['customer_source', 'associate_id']) }}
            {{ fault_if_unread('valid_from', 'typed_valid_from', 'bad_date') }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_unread('valid_to', 'typed_valid_to', 'bad_date') }}
            {{ fault_if_not_after('valid_to', 'typed_valid_from', 'typed_valid_to') }}
        end as fault
    from typed

)

select * from final
