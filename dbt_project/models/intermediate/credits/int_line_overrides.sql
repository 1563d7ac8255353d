with overrides as (
    select * from {{ ref('stg_credit_overrides') }}
    where not is_withdrawn and approved_by is not null
),

ranked as (
    select
        source,
        order_id,
        line_id,
        override_id,
        associate_id as sellers,
        row_number() over (
            partition by source, order_id, line_id
            order by decided_at desc, override_id desc
        ) as place
    from overrides
)

select
    source,
    order_id,
    line_id,
    override_id,
    sellers
from ranked
where place = 1
