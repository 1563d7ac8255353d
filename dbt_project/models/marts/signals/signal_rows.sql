{{ config(materialized='view') }}
with cases as (
    select * from {{ ref('signal_cases') }}
    where is_hit
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
),

final as (
    select
        cases.signal,
        cases.associate_id,
        cases.with_associate_id,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        cases.interaction_source,
        cases.interaction_id,
        cases.day,
        cast(date_trunc('month', cases.day) as date) as month
    from cases
    left join order_lines on cases.order_line_key = order_lines.order_line_key
)

select * from final
