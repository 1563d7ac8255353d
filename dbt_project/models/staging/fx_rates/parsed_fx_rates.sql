-- Generated from the contract of fx_rates by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'fx_rates') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'fx_rates'

),

typed as (

    select
        *,
        {{ read_scaled('rate', 9) }} as rate_e9,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_date('rate_date') }} as typed_rate_date,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        from_currency,
        to_currency,
        rate_e9,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_rate_date as rate_date,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('rate_date') }}
            {{ fault_if_missing('from_currency') }}
            {{ fault_if_missing('to_currency') }}
            {{ fault_if_unread('rate_date', 'typed_rate_date', 'bad_date') }}
            {{ fault_if_no_currency_code('from_currency') }}
            {{ fault_if_no_currency_code('to_currency') }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('rate') }}
            {{ fault_if_unread_decimal('rate', 'rate_e9', 9) }}
            {{ fault_if_outside('rate', 'rate_e9', 1) }}
        end as fault
    from typed

)

select * from final
