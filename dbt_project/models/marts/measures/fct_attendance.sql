select
    associate_id,
    scheduled_centi,
    worked_centi,
    leave_centi,
    work_date
from {{ ref('int_attendance') }}
