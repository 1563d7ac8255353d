-- Generated from the contract of permissions by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_permissions') }}

),

elsewhere as (

    select
        load_id,
        file_ordinal,
        delivered_row
    from {{ ref('row_outcomes_permissions') }}
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
        case when source is not null and customer_id is not null then {{ hash_key(['source', 'customer_id']) }} end as customer_record_key,
        load_id,
        file_ordinal,
        delivered_row,
        source,
        customer_id,
        method,
        purpose,
        status,
        is_withdrawn,
        changed_at,
        source_updated_at
    from in_force

)

select * from final
