-- Generated from the contract of control_totals by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for,
        currency_codes.digits as currency_digits
    from {{ source('bronze', 'control_totals') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'control_totals'
    left join {{ source('config', 'currencies') }} as currency_codes
        on delivered.currency = currency_codes.currency

),

typed as (

    select
        *,
        {{ read_integer('lines') }} as typed_lines,
        {{ read_scaled('net_amount', 'currency_digits', 4) }} as net_minor,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_date('business_date') }} as typed_business_date,
        {{ read_timestamp('as_of', 'source_zone') }} as typed_as_of,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        source,
        currency,
        coalesce(basis, 'completed') as basis,
        typed_lines as lines,
        net_minor,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_business_date as business_date,
        typed_as_of as as_of,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('source') }}
            {{ fault_if_missing('business_date') }}
            {{ fault_if_missing('currency') }}
            {{ fault_if_separator_in(['source']) }}
            {{ fault_if_unread('business_date', 'typed_business_date', 'bad_date') }}
            {{ fault_if_unread('currency', 'currency_digits', 'unknown_currency') }}
            {{ fault_if_not_one_of('basis', ['ordered', 'completed']) }}
            {{ fault_if_other_source() }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('lines') }}
            {{ fault_if_missing('net_amount') }}
            {{ fault_if_unread('lines', 'typed_lines', 'bad_number') }}
            {{ fault_if_unread_amount('net_amount', 'net_minor', 'currency_digits') }}
            {{ fault_if_unread_timestamp('as_of', 'typed_as_of') }}
            {{ fault_if_outside('lines', 'typed_lines', 0) }}
        end as fault
    from typed

)

select * from final
