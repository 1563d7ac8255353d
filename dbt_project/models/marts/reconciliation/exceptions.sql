select
    kind,
    subject,
    source,
    order_id,
    line_id,
    currency,
    detail,
    amount_minor
from {{ ref('int_credit_exceptions') }}
