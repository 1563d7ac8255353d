{{ config(materialized='view') }}
{# A fact with its n for a manager's eye, beside the person's own six months before: no score, no rank, no effect on pay. #}
{% set least_cases = 5 %}
with cases as (
    select * from {{ ref('signal_cases') }}
),

months as (
    select
        signal,
        associate_id,
        cast(date_trunc('month', day) as date) as month,
        extract(year from day) * 12 + extract(month from day) as month_no,
        cast(sum(case when is_hit then 1 else 0 end) as bigint) as hits,
        cast(count(*) as bigint) as cases,
        min(agreement) as agreement
    from cases
    group by signal, associate_id, cast(date_trunc('month', day) as date), extract(year from day) * 12 + extract(month from day)
),

earlier as (
    select
        months.signal,
        months.associate_id,
        months.month,
        cast(sum(past.hits) as bigint) as hits,
        cast(sum(past.cases) as bigint) as cases
    from months
    inner join months as past
        on months.signal = past.signal
        and months.associate_id = past.associate_id
        and months.month_no - past.month_no between 1 and 6
    group by months.signal, months.associate_id, months.month
),

final as (
    select
        months.signal,
        months.associate_id,
        months.agreement,
        months.hits,
        months.cases,
        coalesce(earlier.hits, 0) as earlier_hits,
        coalesce(earlier.cases, 0) as earlier_cases,
        months.month
    from months
    left join earlier
        on months.signal = earlier.signal
        and months.associate_id = earlier.associate_id
        and months.month = earlier.month
    where months.cases >= {{ least_cases }} and months.hits > 0
)

select * from final
