{{ config(materialized='view') }}
{# Rows of fct_measures that are made of work, answers and scores. Definitions stand in the registry. #}
with interactions as (
    select * from {{ ref('stg_interactions') }}
    where not is_withdrawn
),

locations as (
    select * from {{ ref('stg_locations') }}
    where not is_withdrawn
),

local_dates as (
    select * from {{ ref('int_local_dates') }}
),

settings as (
    select max(value) as time_zone from {{ ref('stg_settings') }}
    where name = 'time_zone'
),

feedback as (
    select * from {{ ref('stg_feedback') }}
    where not is_withdrawn
),

registry as (
    select * from {{ ref('measure_registry') }}
),

hours as (
    select * from {{ ref('stg_hours') }}
    where not is_withdrawn and activity not in ('training', 'leave')
),

scores as (
    select * from {{ ref('stg_scores') }}
    where not is_withdrawn
),

work as (
    select
        interactions.associate_id,
        interactions.kind,
        lower(trim(interactions.outcome)) as outcome,
        interactions.responded_at is not null as is_answered,
        interactions.score_centi,
        local_dates.local_date as work_date
    from interactions
    cross join settings
    left join locations on interactions.location_id = locations.location_id
    inner join local_dates
        on coalesce(locations.time_zone, settings.time_zone) = local_dates.time_zone
        and {{ quarter_hour(epoch_seconds('interactions.started_at')) }} = local_dates.quarter_no
    where
        interactions.kind in ('appointment', 'outreach', 'service_case')
        or interactions.score_centi is not null
),

-- An answer about an interaction is about the person whose interaction it was.
answers as (
    select
        coalesce(feedback.associate_id, interactions.associate_id) as associate_id,
        feedback.kind,
        feedback.score_centi,
        {{ local_date('feedback.given_at', 'settings.time_zone') }} as given_on
    from feedback
    cross join settings
    left join interactions
        on feedback.interaction_source = interactions.source
        and feedback.interaction_id = interactions.interaction_id
    where feedback.kind in ('csat', 'nps') and feedback.score_centi is not null
),

rated as (
    select
        associate_id,
        score_centi,
        work_date as given_on
    from work
    where score_centi is not null
    union all
    select
        associate_id,
        score_centi,
        given_on
    from answers
    where kind = 'csat' and associate_id is not null
),

measures as (
    select {{ measure_row('associate', 'associate_id', "'hours_worked'", 'sum(hours_centi)', 'work_date', 'work_date', none, none, '100') }}
    from hours
    where hours_centi is not null
    group by associate_id, work_date
    union all
    select {{ measure_row('associate', 'scores.associate_id', 'scores.measure', 'scores.value_milli', 'scores.score_date', 'scores.score_date', none, none, '1000') }}
    from scores
    left join registry on scores.measure = registry.measure
    where registry.measure is null and scores.value_milli is not null
    union all
    select {{ measure_row('associate', 'associate_id', "'csat_mean'", 'sum(score_centi)', 'given_on', 'given_on', none, none, 'count(*) * 100') }}
    from rated
    group by associate_id, given_on
    union all
    select {{ measure_row('associate', 'associate_id', "'nps'", 'sum(case when score_centi >= 900 then 100 when score_centi <= 600 then -100 else 0 end)', 'given_on', 'given_on', none, none, 'count(*)') }}
    from answers
    where kind = 'nps' and associate_id is not null
    group by associate_id, given_on
    union all
    select {{ measure_row('associate', 'associate_id', "'appointments_kept'", 'count(*)', 'work_date', 'work_date') }}
    from work
    where kind = 'appointment' and outcome = 'kept'
    group by associate_id, work_date
    union all
    select {{ measure_row('associate', 'associate_id', "'appointments_kept_share'", "sum(case when outcome = 'kept' then 1 else 0 end)", 'work_date', 'work_date', none, none, 'count(*)') }}
    from work
    where kind = 'appointment'
    group by associate_id, work_date
    union all
    select {{ measure_row('associate', 'associate_id', "'outreach_sent'", 'count(*)', 'work_date', 'work_date') }}
    from work
    where kind = 'outreach'
    group by associate_id, work_date
    union all
    select {{ measure_row('associate', 'associate_id', "'outreach_answered_share'", 'sum(case when is_answered then 1 else 0 end)', 'work_date', 'work_date', none, none, 'count(*)') }}
    from work
    where kind = 'outreach'
    group by associate_id, work_date
    union all
    select {{ measure_row('associate', 'associate_id', "'service_cases_resolved'", 'count(*)', 'work_date', 'work_date') }}
    from work
    where kind = 'service_case' and outcome = 'resolved'
    group by associate_id, work_date
)

select * from measures
