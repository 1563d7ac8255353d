{{ config(materialized='view') }}
{#
    What fct_measures comes to in a month, by business date, for people, for the teams and locations that they are assigned to, and for locations of their
    own: sums and ratios by their parts, distinct measures by what they count, stock measures by their last day. Here alone stand
    cross_channel_clients, which looks at channels, and employee_pulse, which no one is paid by: no plan can name them.
#}
{% set member_subjects = ['team', 'location'] %}
with measures as (
    select * from {{ ref('fct_measures') }}
),

registry as (
    select * from {{ ref('measure_registry') }}
),

assignments as (
    select * from {{ ref('dim_assignments') }}
),

pulse as (
    select * from {{ ref('team_pulse_months') }}
),

purchases as (
    select distinct
        cast(customer_key as {{ dbt.type_string() }}) as unit_key,
        channel,
        business_date
    from {{ ref('fct_order_lines') }}
    where line_kind = 'sale' and business_date is not null and customer_key is not null
),

cross_channel_clients as (
    select
        served.subject_type,
        served.subject_id,
        served.unit_key,
        served.business_date
    from measures as served
    inner join purchases
        on served.unit_key = purchases.unit_key
        and purchases.business_date <= served.business_date
        and served.business_date < {{ add_days('purchases.business_date', 365) }}
    where served.measure = 'clients_served'
    group by served.subject_type, served.subject_id, served.unit_key, served.business_date
    having count(distinct purchases.channel) > 1
),

figured as (
    select * from measures
    union all
    select
        subject_type,
        subject_id,
        'cross_channel_clients' as measure,
        unit_key,
        cast(null as {{ dbt.type_string() }}) as currency,
        1 as numerator,
        cast(null as bigint) as denominator,
        business_date,
        business_date as earned_date
    from cross_channel_clients
),

-- An assignment holds until the next one begins: between two, the last before counts.
spans as (
    select
        associate_id,
        team_id,
        location_id,
        valid_from,
        lead(valid_from) over (partition by associate_id order by valid_from) as next_valid_from
    from assignments
),

subjects as (
    select * from figured
    {% for subject in member_subjects %}
    union all
    select
        '{{ subject }}' as subject_type,
        spans.{{ subject }}_id as subject_id,
        figured.measure,
        figured.unit_key,
        figured.currency,
        figured.numerator,
        figured.denominator,
        figured.business_date,
        figured.earned_date
    from figured
    inner join spans
        on figured.subject_id = spans.associate_id
        and figured.business_date >= spans.valid_from
        and (figured.business_date < spans.next_valid_from or spans.next_valid_from is null)
    where figured.subject_type = 'associate' and spans.{{ subject }}_id is not null
    {% endfor %}
),

-- A measure of the scores feed stands in no registry: its last value counts.
registered as (
    select
        subjects.subject_type,
        subjects.subject_id,
        subjects.measure,
        subjects.unit_key,
        subjects.currency,
        subjects.numerator,
        subjects.denominator,
        subjects.business_date,
        cast(date_trunc('month', subjects.business_date) as date) as month,
        case
            when subjects.measure = 'cross_channel_clients' then 'distinct'
            else coalesce(registry.additivity, 'last')
        end as additivity,
        coalesce(registry.unit, 'count') as unit,
        coalesce(registry.minimum_count, 0) as minimum_count
    from subjects
    left join registry on subjects.measure = registry.measure
    -- The whole of a line counts for each person on it: it does not add up over people.
    where subjects.measure <> 'influenced_revenue' or subjects.subject_type = 'associate'
),

sums as (
    select
        subject_type,
        subject_id,
        measure,
        currency,
        month,
        unit,
        denominator as scale,
        sum(numerator) as numerator
    from registered
    where additivity = 'sum'
    group by subject_type, subject_id, measure, currency, month, unit, denominator
),

-- Money in minor units; anything else in thousandths.
added as (
    select
        subject_type,
        subject_id,
        measure,
        currency,
        sum(
            case
                when unit = 'money' then numerator
                when scale is null then numerator * 1000
                when scale < 1000 then numerator * {{ int_div('1000', 'scale') }}
                else {{ int_div('numerator', int_div('scale', 1000)) }}
            end
        ) as numerator,
        max(case when unit = 'money' then null else 1000 end) as denominator,
        true as is_enough,
        month
    from sums
    group by subject_type, subject_id, measure, currency, month
),

ratios as (
    select
        subject_type,
        subject_id,
        measure,
        currency,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(denominator) >= max(greatest(minimum_count, 1)) as is_enough,
        month
    from registered
    where additivity = 'ratio'
    group by subject_type, subject_id, measure, currency, month
),

units as (
    select
        subject_type,
        subject_id,
        measure,
        currency,
        month,
        unit_key
    from registered
    where additivity = 'distinct'
    group by subject_type, subject_id, measure, currency, month, unit_key
    having sum(numerator) > 0
),

counted as (
    select
        subject_type,
        subject_id,
        measure,
        currency,
        count(*) * 1000 as numerator,
        1000 as denominator,
        true as is_enough,
        month
    from units
    group by subject_type, subject_id, measure, currency, month
),

ranked as (
    select
        *,
        row_number() over (
            partition by subject_type, subject_id, measure, currency, month
            order by business_date desc, numerator desc
        ) as place
    from registered
    where additivity = 'last' and subject_type = 'associate'
),

latest as (
    select
        subject_type,
        subject_id,
        measure,
        currency,
        numerator,
        coalesce(denominator, 1) as denominator,
        true as is_enough,
        month
    from ranked
    where place = 1
),

figures as (
    select * from added
    union all
    select * from ratios
    union all
    select * from counted
    union all
    select * from latest
    union all
    select
        'team' as subject_type,
        team_id as subject_id,
        'employee_pulse' as measure,
        cast(null as {{ dbt.type_string() }}) as currency,
        score_centi as numerator,
        answers * 100 as denominator,
        true as is_enough,
        month
    from pulse
),

final as (
    select
        subject_type,
        subject_id,
        measure,
        currency,
        cast(numerator as bigint) as numerator,
        cast(denominator as bigint) as denominator,
        is_enough,
        month
    from figures
)

select * from final
