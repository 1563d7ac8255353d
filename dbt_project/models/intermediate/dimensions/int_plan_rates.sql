{# A plan that converts at a yearly rate reads the rate that is dated the first day of the year; pairs as delivered, never inverted. #}
select
    cast(extract(year from rate_date) as bigint) as rate_year,
    from_currency,
    to_currency,
    rate_e9
from {{ ref('stg_fx_rates') }}
where not is_withdrawn
    and extract(month from rate_date) = 1
    and extract(day from rate_date) = 1
