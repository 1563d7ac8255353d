-- Generated from the contract of assignments by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for,
        currency_codes.digits as currency_digits
    from {{ source('bronze', 'assignments') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'assignments'
    left join {{ source('config', 'currencies') }} as currency_codes
        on delivered.currency = currency_codes.currency

),

typed as (

    select
        *,
        {{ read_scaled('fte', 3) }} as fte_milli,
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
        associate_id,
        team_id,
        role,
        location_id,
        manager_id,
        currency,
        fte_milli,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_valid_from as valid_from,
        typed_valid_to as valid_to,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('associate_id') }}
            {{ fault_if_missing('valid_from') }}
            {{ fault_if_separator_in(['associate_id', 'team_id', 'location_id', 'manager_id']) }}
            {{ fault_if_unread('valid_from', 'typed_valid_from', 'bad_date') }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_unread('currency', 'currency_digits', 'unknown_currency') }}
            {{ fault_if_unread('valid_to', 'typed_valid_to', 'bad_date') }}
            {{ fault_if_unread_decimal('fte', 'fte_milli', 3) }}
            {{ fault_if_not_after('valid_to', 'typed_valid_from', 'typed_valid_to') }}
            {{ fault_if_outside('fte', 'fte_milli', 0, 1000) }}
        end as fault
    from typed

)

select * from final
