-- Generated from the contract of credit_overrides by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_credit_overrides') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_credit_overrides') }}
    where outcome <> 'accepted'

),

in_force as (

    select
        parsed.*
    from parsed
    {{ anti_join() }} elsewhere using (load_id, file_ordinal, delivered_row)

),

final as (

    select
        {{ hash_key(['source', 'order_id', 'line_id']) }} as order_line_key,
        {{ hash_key(['source', 'order_id']) }} as order_key,
        load_id,
        file_ordinal,
        delivered_row,
        override_id,
        source,
        order_id,
        line_id,
        associate_id,
        reason,
        question_id,
        entered_by,
        approved_by,
        is_withdrawn,
        decided_at,
        source_updated_at
    from in_force

)

select * from final
