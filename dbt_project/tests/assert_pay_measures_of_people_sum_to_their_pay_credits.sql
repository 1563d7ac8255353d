-- Each person's credited revenue in a pay currency is the sum of their converted credits; if it fails, a plan in that
-- currency pays on money that no line holds, or leaves some out.
with credited as (
    select
        recipient as associate_id,
        pay_currency as currency,
        sum(credit_minor) as credit_minor
    from {{ ref('fct_pay_credits') }}
    where recipient <> 'house'
    group by recipient, pay_currency
),

measured as (
    select
        subject_id as associate_id,
        currency,
        sum(numerator) as credit_minor
    from {{ ref('fct_pay_measures') }}
    where measure = 'credited_revenue'
    group by subject_id, currency
)

select
    coalesce(credited.associate_id, measured.associate_id) as associate_id,
    coalesce(credited.currency, measured.currency) as currency,
    credited.credit_minor as credited_minor,
    measured.credit_minor as measured_minor
from credited
full outer join measured
    on credited.associate_id = measured.associate_id
    and credited.currency = measured.currency
where coalesce(credited.credit_minor, 0) <> coalesce(measured.credit_minor, 0)
