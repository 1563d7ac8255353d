{# What was planned for a day may stand beside each of its activities: it is the sum of them. Leave is no work. #}
select
    associate_id,
    cast(sum(coalesce(scheduled_hours_centi, 0)) as bigint) as scheduled_centi,
    cast(sum(case when activity = 'leave' then 0 else coalesce(hours_centi, 0) end) as bigint) as worked_centi,
    cast(sum(case when activity = 'leave' then coalesce(hours_centi, 0) else 0 end) as bigint) as leave_centi,
    work_date
from {{ ref('stg_hours') }}
where not is_withdrawn
group by associate_id, work_date
