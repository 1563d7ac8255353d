{#
    Components by minimum label: in each round every label learns the smallest label that shares an identifier with it,
    and pointer jumps follow what was learnt eight steps further. A chain of n records is done in about log8(n) rounds
    and jumps; tests/assert_identity_joins_are_complete.sql stops the build if a usable identifier still joins two.
#}
{% set rounds = 6 %}
with edges as (
    select * from {{ ref('int_identity_edges') }}
),

shared as (
    select identifier
    from edges
    group by identifier
    having count(*) > 1
),

links as (
    select
        edges.customer_record_key,
        edges.identifier
    from edges
    inner join shared on edges.identifier = shared.identifier
),

labels_0 as (
    select distinct
        customer_record_key,
        customer_record_key as label
    from links
),
{% for round in range(1, rounds + 1) %}
identifier_labels_{{ round }} as (
    select
        links.identifier,
        min(labels.label) as label
    from links
    inner join labels_{{ round - 1 }} as labels on links.customer_record_key = labels.customer_record_key
    group by links.identifier
),

jumps_{{ round }}_0 as (
    select
        labels.label,
        min(identifier_labels.label) as target
    from links
    inner join labels_{{ round - 1 }} as labels on links.customer_record_key = labels.customer_record_key
    inner join identifier_labels_{{ round }} as identifier_labels on links.identifier = identifier_labels.identifier
    group by labels.label
),
{% for jump in range(1, 4) %}
jumps_{{ round }}_{{ jump }} as (
    select
        near.label,
        coalesce(far.target, near.target) as target
    from jumps_{{ round }}_{{ jump - 1 }} as near
    left join jumps_{{ round }}_{{ jump - 1 }} as far on near.target = far.label
),
{% endfor %}
labels_{{ round }} as (
    select
        labels.customer_record_key,
        jumps.target as label
    from labels_{{ round - 1 }} as labels
    inner join jumps_{{ round }}_3 as jumps on labels.label = jumps.label
),
{% endfor %}
final as (
    select
        customer_record_key,
        label as customer_key
    from labels_{{ rounds }}
    where label <> customer_record_key
)

select
    customer_record_key,
    customer_key
from final
