select
    subject_type,
    subject_id,
    measure,
    currency,
    value_minor,
    value_milli,
    period_start,
    period_end
from {{ ref('int_targets_current') }}
