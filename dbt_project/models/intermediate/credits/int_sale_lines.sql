{#
    Lines of one order that are credited alike are worked out once. A moment is what decides touches and owners: order,
    second, policy and customer. A split adds what decides the division: sellers and exclusion; a line whose division is locked
    is a split of its own. Each is named by its smallest line key, so that a key depends on content only.
#}
with order_lines as (
    select * from {{ ref('int_order_lines') }}
    where line_kind = 'sale' and policy_key is not null
),

policies as (
    select * from {{ ref('int_policies') }}
),

excluded_categories as (
    select * from {{ ref('stg_policy_excluded_categories') }}
),

locked as (
    select distinct order_line_key from {{ ref('int_locked_divisions') }}
),

with_policy as (
    select
        order_lines.order_line_key,
        order_lines.order_key,
        order_lines.customer_key,
        policies.policy_no,
        order_lines.sellers,
        order_lines.ordered_s,
        order_lines.net_minor,
        excluded_categories.category is not null as is_excluded,
        locked.order_line_key as locked_key,
        order_lines.completed_at is not null as is_completed,
        order_lines.order_date
    from order_lines
    inner join policies on order_lines.policy_key = policies.policy_key
    left join excluded_categories
        on order_lines.policy_key = excluded_categories.policy_key
        and order_lines.category = excluded_categories.category
    left join locked on order_lines.order_line_key = locked.order_line_key
),

final as (
    select
        order_line_key,
        min(order_line_key) over (
            partition by order_key, ordered_s, order_date, policy_no, customer_key
        ) as moment_key,
        min(order_line_key) over (
            partition by order_key, ordered_s, order_date, policy_no, customer_key, sellers, is_excluded, is_completed, locked_key
        ) as split_key,
        order_key,
        customer_key,
        policy_no,
        sellers,
        ordered_s,
        net_minor,
        is_excluded,
        is_completed,
        locked_key is not null as is_locked,
        order_date
    from with_policy
)

select * from final
