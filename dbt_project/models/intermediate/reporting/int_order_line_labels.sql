{{ config(materialized='view') }}
with order_lines as (
    select * from {{ ref('stg_order_lines') }}
    where not is_withdrawn
),

final as (
    select
        order_line_key,
        channel
    from order_lines
)

select * from final
