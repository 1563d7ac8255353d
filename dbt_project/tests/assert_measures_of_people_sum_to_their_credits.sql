-- credited_revenue, and its parts by role, are the credits of people and nothing else. If this fails, a bonus is computed
-- from a figure that no order line explains.
with credits as (
    select
        currency,
        sum(credit_minor) as credit_minor
    from {{ ref('fct_credits') }}
    where recipient <> 'house'
    group by currency
),

measures as (
    select
        currency,
        sum(case when measure = 'credited_revenue' then numerator else 0 end) as whole_minor,
        sum(case when measure <> 'credited_revenue' then numerator else 0 end) as parts_minor
    from {{ ref('fct_measures') }}
    where measure in ('credited_revenue', 'credited_revenue_seller', 'credited_revenue_advisor', 'credited_revenue_relationship')
    group by currency
)

select
    credits.currency,
    credits.credit_minor,
    measures.whole_minor,
    measures.parts_minor
from credits
full outer join measures on credits.currency = measures.currency
where
    credits.credit_minor is null
    or measures.whole_minor is null
    or credits.credit_minor <> measures.whole_minor
    or credits.credit_minor <> measures.parts_minor
