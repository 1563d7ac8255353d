with divisions as (
    select * from {{ ref('int_locked_divisions') }}
)

select
    order_line_key,
    min(cycle) as locked_by
from divisions
group by order_line_key
