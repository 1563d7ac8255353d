-- By business date and currency the credits, house included, are the period's net sales. If this fails, the figures that
-- finance reconciles and those that people are paid on have come apart.
with credits as (
    select
        business_date,
        currency,
        sum(credit_minor) as credit_minor
    from {{ ref('fct_credits') }}
    group by business_date, currency
),

net_sales as (
    select
        business_date,
        currency,
        sum(net_minor) as net_minor
    from {{ ref('fct_order_lines') }}
    where completed_at is not null
    group by business_date, currency
)

select
    net_sales.business_date,
    net_sales.currency,
    net_sales.net_minor,
    credits.credit_minor
from net_sales
full outer join credits
    on net_sales.business_date = credits.business_date
    and net_sales.currency = credits.currency
where net_sales.net_minor is null or credits.credit_minor is null or net_sales.net_minor <> credits.credit_minor
