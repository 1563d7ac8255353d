{% set roles = ['seller', 'advisor', 'relationship'] %}
with credits as (
    select * from {{ ref('fct_credits') }}
),

assignments as (
    select * from {{ ref('dim_assignments') }}
),

people_credits as (
    select
        recipient as associate_id,
        currency,
        sum(credit_minor) as credit_minor,
        {% for role in roles %}
        sum(case when role = '{{ role }}' then credit_minor end) as {{ role }}_minor,
        {% endfor %}
        sum(case when line_kind = 'sale' then credit_minor else 0 end) as sold_minor,
        sum(case when line_kind = 'return' then -credit_minor else 0 end) as returned_minor,
        business_date,
        earned_date
    from credits
    where recipient <> 'house'
    group by recipient, currency, business_date, earned_date
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

counted_orders as (
    select * from {{ ref('int_counted_orders') }}
    where associate_id is not null
),

measures as (
    select
        'associate' as subject_type,
        associate_id as subject_id,
        'credited_revenue' as measure,
        cast(null as {{ dbt.type_string() }}) as unit_key,
        currency,
        credit_minor as numerator,
        cast(null as bigint) as denominator,
        business_date,
        earned_date
    from people_credits
    {% for role in roles %}
    union all
    select
        'associate' as subject_type,
        associate_id as subject_id,
        'credited_revenue_{{ role }}' as measure,
        cast(null as {{ dbt.type_string() }}) as unit_key,
        currency,
        {{ role }}_minor as numerator,
        cast(null as bigint) as denominator,
        business_date,
        earned_date
    from people_credits
    where {{ role }}_minor is not null
    {% endfor %}
    union all
    select
        'associate' as subject_type,
        associate_id as subject_id,
        'return_share' as measure,
        cast(null as {{ dbt.type_string() }}) as unit_key,
        currency,
        returned_minor as numerator,
        sold_minor as denominator,
        business_date,
        earned_date
    from people_credits
    union all
    select
        'team' as subject_type,
        team_id as subject_id,
        'team_credited_revenue' as measure,
        cast(null as {{ dbt.type_string() }}) as unit_key,
        currency,
        credit_minor as numerator,
        cast(null as bigint) as denominator,
        business_date,
        earned_date
    from team_credits
    union all
    select
        'associate' as subject_type,
        associate_id as subject_id,
        'credited_orders' as measure,
        cast(order_key as {{ dbt.type_string() }}) as unit_key,
        cast(null as {{ dbt.type_string() }}) as currency,
        1 as numerator,
        cast(null as bigint) as denominator,
        business_date,
        business_date as earned_date
    from counted_orders
    union all
    select
        'associate' as subject_type,
        associate_id as subject_id,
        'clients_served' as measure,
        cast(customer_key as {{ dbt.type_string() }}) as unit_key,
        cast(null as {{ dbt.type_string() }}) as currency,
        1 as numerator,
        cast(null as bigint) as denominator,
        business_date,
        business_date as earned_date
    from counted_orders
    where customer_key is not null
    group by associate_id, customer_key, business_date
    union all
    select
        'associate' as subject_type,
        associate_id as subject_id,
        'new_clients' as measure,
        cast(customer_key as {{ dbt.type_string() }}) as unit_key,
        cast(null as {{ dbt.type_string() }}) as currency,
        1 as numerator,
        cast(null as bigint) as denominator,
        business_date,
        business_date as earned_date
    from counted_orders
    where customer_place = 1
    union all
    select
        subject_type,
        subject_id,
        measure,
        unit_key,
        currency,
        numerator,
        denominator,
        business_date,
        earned_date
    from {{ ref('int_measures_of_orders') }}
    union all
    select
        subject_type,
        subject_id,
        measure,
        unit_key,
        currency,
        numerator,
        denominator,
        business_date,
        earned_date
    from {{ ref('int_measures_of_work') }}
    union all
    select
        subject_type,
        subject_id,
        measure,
        unit_key,
        currency,
        numerator,
        denominator,
        business_date,
        earned_date
    from {{ ref('int_measures_of_clients') }}
),

final as (
    select
        subject_type,
        subject_id,
        measure,
        unit_key,
        currency,
        cast(numerator as bigint) as numerator,
        cast(denominator as bigint) as denominator,
        business_date,
        earned_date
    from measures
)

select * from final
