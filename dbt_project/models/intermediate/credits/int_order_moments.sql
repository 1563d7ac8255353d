with sale_lines as (
    select * from {{ ref('int_sale_lines') }}
    where customer_key is not null and is_completed and not is_excluded
),

policies as (
    select * from {{ ref('int_policies') }}
    where advisor_weight > 0 or relationship_weight > 0
),

moments as (
    select
        moment_key,
        min(order_key) as order_key,
        min(customer_key) as customer_key,
        min(policy_no) as policy_no,
        min(ordered_s) as ordered_s,
        min(order_date) as order_date
    from sale_lines
    group by moment_key
),

final as (
    select
        moments.moment_key,
        moments.order_key,
        moments.customer_key,
        moments.policy_no,
        moments.ordered_s,
        moments.order_date
    from moments
    inner join policies on moments.policy_no = policies.policy_no
)

select * from final
