{{ config(materialized='view') }}
{# Few touches share their customer and second with another: they alone are ranked, in narrow rows. #}
with identified as (
    select
        customer_key,
        started_s,
        source,
        interaction_id
    from {{ ref('int_identified_interactions') }}
),

crowded as (
    select
        customer_key,
        started_s
    from identified
    group by customer_key, started_s
    having count(*) > 1
)

select
    identified.source,
    identified.interaction_id,
    row_number() over (
        partition by identified.customer_key, identified.started_s
        order by identified.source, identified.interaction_id
    ) as tie_order
from identified
inner join crowded
    on identified.customer_key = crowded.customer_key
    and identified.started_s = crowded.started_s
