-- As many records are in force as rows were accepted, in every feed. If this fails, deciding between versions and applying
-- the decision have come apart.
with

in_force as (
{% for feed in feed_names() %}
    select
        '{{ feed }}' as feed,
        count(*) as records
    from {{ ref('stg_' ~ feed) }}
{% if not loop.last %}
    union all
{% endif %}
{% endfor %}
),

accepted as (

    select
        feed,
        sum(accepted) as records
    from {{ ref('delivery_counts') }}
    group by feed

)

select
    in_force.feed,
    in_force.records,
    accepted.records as accepted
from in_force
left join accepted using (feed)
where in_force.records <> coalesce(accepted.records, 0)
