-- Generated from the contract of scores by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

delivered as (

    select
        delivered.*,
        sources.time_zone as source_zone,
        sources.delivers_for
    from {{ source('bronze', 'scores') }} as delivered
    left join {{ source('config', 'sources') }} as sources
        on delivered.delivered_by = sources.source and sources.feed = 'scores'

),

typed as (

    select
        *,
        {{ read_scaled('value', 3) }} as value_milli,
        {{ read_boolean('deleted') }} as typed_deleted,
        {{ read_date('score_date') }} as typed_score_date,
        {{ read_timestamp('source_updated_at', 'source_zone') }} as typed_source_updated_at
    from delivered

),

final as (

    select
        load_id,
        file_ordinal,
        delivered_row,
        associate_id,
        measure,
        value_milli,
        coalesce(typed_deleted, false) as is_withdrawn,
        typed_score_date as score_date,
        typed_source_updated_at as source_updated_at,
        case
            {{ fault_if_missing('associate_id') }}
            {{ fault_if_missing('measure') }}
            {{ fault_if_missing('score_date') }}
            {{ fault_if_separator_in(['associate_id', 'measure']) }}
            {{ fault_if_unread('score_date', 'typed_score_date', 'bad_date') }}
            {{ fault_if_unread_timestamp('source_updated_at', 'typed_source_updated_at') }}
            {{ fault_if_unread('deleted', 'typed_deleted', 'bad_boolean') }}
            when typed_deleted then null
            {{ fault_if_missing('value') }}
            {{ fault_if_unread_decimal('value', 'value_milli', 3) }}
        end as fault
    from typed

)

select * from final
