-- Refused rows are counted from quarantine, which also holds those that were no record at all.
with

ended as (
{% for feed in feed_names() %}
    select
        load_id,
        file_ordinal,
        outcome
    from {{ ref('row_outcomes_' ~ feed) }}
    where outcome <> 'quarantined'
{% if not loop.last %}
    union all
{% endif %}
{% endfor %}
),

refused as (
{% for feed in feed_names() %}
    select
        load_id,
        file_ordinal,
        'quarantined' as outcome
    from {{ ref('quarantine_' ~ feed) }}
{% if not loop.last %}
    union all
{% endif %}
{% endfor %}
),

everything as (

    select * from ended

    union all

    select * from refused

)

select
    load_id,
    file_ordinal,
    count(*) filter (where outcome = 'accepted') as accepted,
    count(*) filter (where outcome = 'duplicate') as duplicate,
    count(*) filter (where outcome = 'superseded') as superseded,
    count(*) filter (where outcome = 'quarantined') as quarantined
from everything
group by load_id, file_ordinal
