{{ config(materialized='view') }}
{# Landing keeps of an answer its team and week alone. Fewer than five answers, or people in the team, say who answered what. #}
{% set least = 5 %}
with feedback as (
    select * from {{ ref('stg_feedback') }}
    where kind = 'employee_pulse' and not is_withdrawn
),

assignments as (
    select * from {{ ref('int_assignments_closed') }}
),

months as (
    select
        team_id,
        count(*) as answers,
        sum(score_centi) as score_centi,
        cast(date_trunc('month', given_at) as date) as month
    from feedback
    where team_id is not null and score_centi is not null
    group by team_id, cast(date_trunc('month', given_at) as date)
    having count(*) >= {{ least }}
),

teams as (
    select
        months.team_id,
        months.month
    from months
    inner join assignments
        on months.team_id = assignments.team_id
        and assignments.valid_from <= {{ month_end('months.month') }}
        and (assignments.valid_to is null or assignments.valid_to > months.month)
    group by months.team_id, months.month
    having count(distinct assignments.associate_id) >= {{ least }}
),

final as (
    select
        months.team_id,
        months.answers,
        cast(months.score_centi as bigint) as score_centi,
        months.month
    from months
    inner join teams
        on months.team_id = teams.team_id
        and months.month = teams.month
)

select * from final
