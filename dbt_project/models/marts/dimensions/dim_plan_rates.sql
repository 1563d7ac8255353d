select
    rate_year,
    from_currency,
    to_currency,
    rate_e9
from {{ ref('int_plan_rates') }}
