select
    associate_id,
    pay_group,
    hired_on,
    left_on
from {{ ref('stg_associates') }}
where not is_withdrawn
