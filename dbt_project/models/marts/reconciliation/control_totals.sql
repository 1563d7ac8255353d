select
    source,
    currency,
    basis,
    lines_stated,
    lines_found,
    net_stated_minor,
    net_found_minor,
    difference_minor,
    lines_difference,
    business_date,
    as_of
from {{ ref('int_control_totals_compared') }}
