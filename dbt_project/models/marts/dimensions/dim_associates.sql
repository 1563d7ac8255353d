select
    associate_id,
    pay_group,
    hired_on,
    left_on
from {{ ref('int_associates_current') }}
