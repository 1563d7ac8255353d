-- Generated from the contract of targets by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for,
        currency_codes.digits as currency_digits
    from {{ source('bronze', 'targets') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'targets'
    left join {{ source('config', 'currencies') }} as currency_codes
        on delivered.currency = currency_codes.currency

),

typed as (

    select
        *,
        {{ read_scaled('value', 'currency_digits', 4) }} as value_minor,
        {{ read_scaled('value', 3) }} as value_milli,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_date('period_start') }} as typed_period_start,
        {{ read_date('period_end') }} as typed_period_end,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        subject_type,
        subject_id,
        measure,
        currency,
        value_minor,
        case when currency is null then value_milli end as value_milli,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_period_start as period_start,
        typed_period_end as period_end,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('subject_type') }}
            {{ fault_if_missing('subject_id') }}
            {{ fault_if_missing('measure') }}
            {{ fault_if_missing('period_start') }}
            {{ fault_if_separator_in(['subject_id', 'measure']) }}
            {{ fault_if_not_one_of('subject_type', ['associate', 'team']) }}
            {{ fault_if_unread('period_start', 'typed_period_start', 'bad_date') }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('period_end') }}
            {{ fault_if_missing('value') }}
            {{ fault_if_unread('currency', 'currency_digits', 'unknown_currency') }}
            {{ fault_if_unread('period_end', 'typed_period_end', 'bad_date') }}
            {{ fault_if_unread_target() }}
            {{ fault_if_not_after('period_end', 'typed_period_start', 'typed_period_end') }}
        end as fault
    from typed

)

select * from final
