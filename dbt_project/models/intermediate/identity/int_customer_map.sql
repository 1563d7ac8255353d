{#
    Components by contraction. In each round every label takes the smallest label that shares an identifier with it; what
    then differs still is linked anew, under new names. The new names shuffle the order, so that about half of the labels
    of the worst chain go in each round, whatever its keys are: a chain of 2,000 records takes 13 rounds at most, one of
    20,000 takes 16, in six orders of keys tried. A round sees only the links whose two ends differ still.
    tests/assert_identity_joins_are_complete.sql stops the build if a usable identifier still joins two customers.
#}
{% set rounds = 20 %}
with edges as (
    select * from {{ ref('int_identity_edges') }}
),

shared as (
    select
        identifier,
        min(customer_record_key) as nearest
    from edges
    group by identifier
    having min(customer_record_key) <> max(customer_record_key)
),

links as (
    select
        edges.customer_record_key,
        edges.identifier,
        shared.nearest
    from edges
    inner join shared on edges.identifier = shared.identifier
),

taken_0 as (
    select
        customer_record_key as label,
        min(nearest) as target
    from links
    group by customer_record_key
),

told_0 as (
    select
        links.identifier,
        taken_0.target
    from links
    inner join taken_0 on links.customer_record_key = taken_0.label
),
{% for round in range(1, rounds) %}
compared_{{ round }} as (
    select
        identifier,
        target,
        min(target) over (partition by identifier) as lowest,
        max(target) over (partition by identifier) as highest
    from told_{{ round - 1 }}
),

open_{{ round }} as (
    select distinct
        identifier,
        target as label,
        {{ renamed_label('target', round) }} as name
    from compared_{{ round }}
    where lowest <> highest
),

near_{{ round }} as (
    select
        identifier,
        label,
        min(name) over (partition by identifier) as nearest
    from open_{{ round }}
),

told_{{ round }} as (
    select
        identifier,
        label,
        min(nearest) over (partition by label) as target
    from near_{{ round }}
),
{% endfor %}
{% for round in range(rounds - 1, -1, -1) %}
moves_{{ round }} as (
    select distinct
        label,
        target
    from {{ 'told_' ~ round if round else 'taken_0' }}
),

roots_{{ round }} as (
    select
        moves_{{ round }}.label,
        {% if round < rounds - 1 -%}
        coalesce(roots_{{ round + 1 }}.root, moves_{{ round }}.target) as root,
        coalesce(roots_{{ round + 1 }}.root_round, {{ round }}) as root_round
        {%- else -%}
        moves_{{ round }}.target as root,
        {{ round }} as root_round
        {%- endif %}
    from moves_{{ round }}
    {%- if round < rounds - 1 %}
    left join roots_{{ round + 1 }} on moves_{{ round }}.target = roots_{{ round + 1 }}.label
    {%- endif %}
),
{% endfor %}
-- A name says which label it is within its round only.
components as (
    select
        root,
        root_round,
        min(label) as customer_key
    from roots_0
    group by root, root_round
),

final as (
    select
        roots_0.label as customer_record_key,
        components.customer_key
    from roots_0
    inner join components
        on roots_0.root = components.root
        and roots_0.root_round = components.root_round
    where roots_0.label <> components.customer_key
)

select
    customer_record_key,
    customer_key
from final
