with moments as (
    select * from {{ ref('int_order_moments') }}
),

house_accounts as (
    select * from {{ ref('int_house_accounts') }}
),

policies as (
    select * from {{ ref('int_policies') }}
    where relationship_weight > 0
),

owners as (
    select * from {{ ref('int_client_owners') }}
),

associates as (
    select * from {{ ref('stg_associates') }}
    where not is_withdrawn
),

customer_orders as (
    select * from {{ ref('int_customer_orders') }}
),

touches as (
    select * from {{ ref('int_touches') }}
),

kind_weights as (
    select * from {{ ref('stg_policy_kind_weights') }}
),

order_sellers as (
    select * from {{ ref('int_order_sellers') }}
),

-- Nobody holds a role outside hired_on..left_on; an owner whose record has not come yet keeps it under the recorded id.
settled as (
    select
        moments.moment_key,
        moments.order_key,
        moments.customer_key,
        policies.policy_key,
        owners.associate_id,
        associates.associate_id is null as is_unknown,
        moments.ordered_s,
        policies.active_s,
        policies.own_sale_s,
        policies.late_logging_s,
        policies.outreach_response_s,
        owners.valid_from
    from moments
    inner join policies on moments.policy_no = policies.policy_no
    inner join owners
        on moments.customer_key = owners.customer_key
        and moments.order_date >= owners.valid_from
        and moments.order_date < owners.valid_to
    left join house_accounts on moments.moment_key = house_accounts.moment_key
    left join associates on owners.associate_id = associates.associate_id
    where
        house_accounts.moment_key is null
        and {{ epoch_seconds('cast(moments.order_date as timestamp)') }}
        - {{ epoch_seconds('cast(owners.valid_from as timestamp)') }} >= policies.settle_s
        and not coalesce(moments.order_date < associates.hired_on or moments.order_date > associates.left_on, false)
),

owned_customers as (
    select distinct customer_key
    from settled
    where active_s is not null
),

orders as (
    select customer_orders.*
    from customer_orders
    inner join owned_customers on customer_orders.customer_key = owned_customers.customer_key
),

marked as (
    select
        *,
        case
            when lag(order_key) over (partition by customer_key order by ordered_s, order_key) = order_key then 0
            else 1
        end as is_other_order
    from orders
),

runs as (
    select
        *,
        sum(is_other_order) over (
            partition by customer_key order by ordered_s, order_key rows between unbounded preceding and current row
        ) as run_number
    from marked
),

run_ends as (
    select
        customer_key,
        run_number,
        min(ordered_s) as first_s,
        max(ordered_s) as last_s
    from runs
    group by customer_key, run_number
),

neighbours as (
    select
        customer_key,
        run_number,
        lag(last_s) over (partition by customer_key order by run_number) as earlier_s,
        lead(first_s) over (partition by customer_key order by run_number) as later_s
    from run_ends
),

-- The last second, up to this one, at which the customer bought in another order: runs of one order end where another's begins.
other_orders as (
    select
        runs.customer_key,
        runs.order_key,
        runs.ordered_s,
        case when neighbours.later_s = runs.ordered_s then neighbours.later_s else neighbours.earlier_s end as other_order_s
    from runs
    inner join neighbours
        on runs.customer_key = neighbours.customer_key
        and runs.run_number = neighbours.run_number
),

own_touches as (
    select
        settled.moment_key,
        settled.associate_id,
        settled.ordered_s,
        settled.late_logging_s,
        settled.outreach_response_s,
        touches.kind,
        touches.left_out_reason,
        touches.started_s,
        touches.recorded_s,
        touches.responded_s,
        touches.tie_order,
        cast(kind_weights.weight as bigint) as weight
    from settled
    inner join touches
        on settled.customer_key = touches.customer_key
        and settled.associate_id = touches.associate_id
        and touches.started_s between settled.ordered_s - settled.active_s and settled.ordered_s
    inner join kind_weights
        on settled.policy_key = kind_weights.policy_key
        and touches.kind = kind_weights.kind
    left join order_sellers
        on settled.order_key = order_sellers.order_key
        and settled.associate_id = order_sellers.associate_id
    where not coalesce(
        order_sellers.associate_id is not null and settled.ordered_s - touches.started_s <= settled.own_sale_s,
        false
    )
),

-- Two-way: the customer took part. An outreach or a follow-up did only if the customer answered before the order.
two_way as (
    select
        *,
        row_number() over (
            partition by moment_key, associate_id
            order by started_s desc, tie_order desc
        ) as place
    from own_touches
    where
        {{ touch_left_out_reason('own_touches', 'own_touches', 'own_touches') }} is null
        and (
            kind in ('consultation', 'conversation', 'appointment', 'event', 'service_case', 'return_handling')
            or (kind in ('outreach', 'follow_up') and responded_s between started_s and ordered_s)
        )
),

final as (
    select
        settled.moment_key,
        settled.associate_id,
        settled.customer_key,
        two_way.started_s as touch_started_s,
        two_way.tie_order as touch_tie_order,
        settled.ordered_s - two_way.started_s as touch_age_s,
        two_way.weight as touch_kind_weight,
        settled.is_unknown,
        settled.valid_from as owner_since
    from settled
    left join other_orders
        on settled.customer_key = other_orders.customer_key
        and settled.order_key = other_orders.order_key
        and settled.ordered_s = other_orders.ordered_s
    left join two_way
        on settled.moment_key = two_way.moment_key
        and settled.associate_id = two_way.associate_id
        and two_way.place = 1
    where
        settled.active_s is null
        or settled.ordered_s - other_orders.other_order_s <= settled.active_s
        or two_way.moment_key is not null
)

select * from final
