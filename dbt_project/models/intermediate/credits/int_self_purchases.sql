with associates as (
    select * from {{ ref('stg_associates') }}
    where not is_withdrawn and customer_record_key is not null
),

customer_map as (
    select * from {{ ref('int_customer_map') }}
),

sale_lines as (
    select * from {{ ref('int_sale_lines') }}
    where customer_key is not null and not is_locked
),

policies as (
    select * from {{ ref('int_policies') }}
    where self_purchase
),

own_records as (
    select
        associates.associate_id,
        coalesce(customer_map.customer_key, associates.customer_record_key) as customer_key
    from associates
    left join customer_map on associates.customer_record_key = customer_map.customer_record_key
),

final as (
    select
        sale_lines.order_line_key as root_line_key,
        own_records.associate_id
    from sale_lines
    inner join own_records on sale_lines.customer_key = own_records.customer_key
    inner join policies on sale_lines.policy_no = policies.policy_no
)

select * from final
