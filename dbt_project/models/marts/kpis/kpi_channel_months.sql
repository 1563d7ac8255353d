{{ config(materialized='view') }}
{# By the channel of the line, which no credit looks at: for reports alone. #}
with credits as (
    select * from {{ ref('fct_credits') }}
    where recipient <> 'house'
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
),

final as (
    select
        credits.recipient as associate_id,
        order_lines.channel,
        credits.currency,
        cast(sum(credits.credit_minor) as bigint) as credited_minor,
        cast(sum(case when credits.role = 'seller' then credits.credit_minor else 0 end) as bigint) as credited_as_seller_minor,
        cast(count(distinct case when credits.line_kind = 'sale' then credits.order_key end) as bigint) as orders,
        cast(date_trunc('month', credits.business_date) as date) as month
    from credits
    inner join order_lines on credits.order_line_key = order_lines.order_line_key
    group by credits.recipient, order_lines.channel, credits.currency, cast(date_trunc('month', credits.business_date) as date)
)

select * from final
