{#
    Spans of one associate that touch or overlap are one: a client handed from one record to another of the same
    customer, or a span delivered in two parts, does not begin anew.
#}
with ownership as (
    select * from {{ ref('stg_client_ownership') }}
    where not is_withdrawn
),

customer_map as (
    select * from {{ ref('int_customer_map') }}
),

spans as (
    select
        coalesce(customer_map.customer_key, ownership.customer_record_key) as customer_key,
        ownership.associate_id,
        ownership.valid_from,
        coalesce(ownership.valid_to, cast('9999-12-31' as date)) as valid_to
    from ownership
    left join customer_map on ownership.customer_record_key = customer_map.customer_record_key
    where ownership.customer_record_key is not null
),

with_earlier_end as (
    select
        *,
        max(valid_to) over (
            partition by customer_key, associate_id
            order by valid_from, valid_to
            rows between unbounded preceding and 1 preceding
        ) as earlier_valid_to
    from spans
),

numbered as (
    select
        *,
        sum(case when earlier_valid_to is null or valid_from > earlier_valid_to then 1 else 0 end) over (
            partition by customer_key, associate_id
            order by valid_from, valid_to
            rows between unbounded preceding and current row
        ) as span_number
    from with_earlier_end
),

final as (
    select
        customer_key,
        associate_id,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from numbered
    group by customer_key, associate_id, span_number
)

select * from final
