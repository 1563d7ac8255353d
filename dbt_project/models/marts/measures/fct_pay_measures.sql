{% set roles = ['seller', 'advisor', 'relationship'] %}
with pay_credits as (
    select * from {{ ref('fct_pay_credits') }}
),

assignments as (
    select * from {{ ref('dim_assignments') }}
),

people_credits as (
    select
        recipient as associate_id,
        pay_currency as currency,
        sum(credit_minor) as credit_minor,
        {% for role in roles %}
        sum(case when role = '{{ role }}' then credit_minor end) as {{ role }}_minor,
        {% endfor %}
        business_date,
        earned_date
    from pay_credits
    where recipient <> 'house'
    group by recipient, pay_currency, business_date, earned_date
),

-- An assignment holds until the next one begins: between two, the last before counts.
team_spans as (
    select
        associate_id,
        team_id,
        valid_from,
        lead(valid_from) over (partition by associate_id order by valid_from) as next_valid_from
    from assignments
),

team_credits as (
    select
        team_spans.team_id,
        people_credits.currency,
        sum(people_credits.credit_minor) as credit_minor,
        people_credits.business_date,
        people_credits.earned_date
    from people_credits
    inner join team_spans
        on people_credits.associate_id = team_spans.associate_id
        and people_credits.earned_date >= team_spans.valid_from
        and (people_credits.earned_date < team_spans.next_valid_from or team_spans.next_valid_from is null)
    where team_spans.team_id is not null
    group by team_spans.team_id, people_credits.currency, people_credits.business_date, people_credits.earned_date
),

measures as (
    select
        'associate' as subject_type,
        associate_id as subject_id,
        'credited_revenue' as measure,
        currency,
        credit_minor as numerator,
        business_date,
        earned_date
    from people_credits
    {% for role in roles %}
    union all
    select
        'associate' as subject_type,
        associate_id as subject_id,
        'credited_revenue_{{ role }}' as measure,
        currency,
        {{ role }}_minor as numerator,
        business_date,
        earned_date
    from people_credits
    where {{ role }}_minor is not null
    {% endfor %}
    union all
    select
        'team' as subject_type,
        team_id as subject_id,
        'team_credited_revenue' as measure,
        currency,
        credit_minor as numerator,
        business_date,
        earned_date
    from team_credits
),

final as (
    select
        subject_type,
        subject_id,
        measure,
        currency,
        cast(numerator as bigint) as numerator,
        business_date,
        earned_date
    from measures
)

select * from final
