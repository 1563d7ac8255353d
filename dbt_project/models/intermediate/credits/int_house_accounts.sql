{#
    Counted for customers with more than house_account_over orders or touches in all, the others cannot exceed it. Orders
    and touches become spans of seconds in which an order would see them, and one running sum over starts and ends counts
    them at every order: linear, where joining a hub's orders to its touches would be quadratic.
#}
with moments as (
    select * from {{ ref('int_order_moments') }}
),

touches as (
    select * from {{ ref('int_touches') }}
    where left_out_reason is null
),

orders as (
    select * from {{ ref('int_customer_orders') }}
),

policies as (
    select * from {{ ref('int_policies') }}
),

kind_weights as (
    select * from {{ ref('stg_policy_kind_weights') }}
),

settings as (
    select * from {{ ref('stg_settings') }}
    where name = 'house_account_over'
),

limits as (
    select max(cast(value as bigint)) as house_account_over from settings
),

totals as (
    select customer_key, count(distinct order_key) as entries
    from orders
    group by customer_key
    union all
    select customer_key, count(*) as entries
    from touches
    group by customer_key
),

large_customers as (
    select distinct totals.customer_key
    from totals
    cross join limits
    where totals.entries > limits.house_account_over
),

large_moments as (
    select moments.*
    from moments
    inner join large_customers on moments.customer_key = large_customers.customer_key
),

customer_policies as (
    select distinct
        large_moments.customer_key,
        policies.policy_no,
        policies.policy_key,
        policies.lookback_s,
        policies.late_logging_s,
        policies.outreach_response_s
    from large_moments
    inner join policies on large_moments.policy_no = policies.policy_no
),

-- An order of several seconds counts once: each of its spans ends before the next begins.
order_spans as (
    select
        orders.customer_key,
        customer_policies.policy_no,
        orders.ordered_s as from_s,
        least(
            orders.ordered_s + customer_policies.lookback_s,
            coalesce(
                lead(orders.ordered_s) over (
                    partition by orders.customer_key, customer_policies.policy_no, orders.order_key
                    order by orders.ordered_s
                ) - 1,
                orders.ordered_s + customer_policies.lookback_s
            )
        ) as to_s
    from orders
    inner join customer_policies on orders.customer_key = customer_policies.customer_key
),

touch_spans as (
    select
        touches.customer_key,
        customer_policies.policy_no,
        greatest(
            touches.started_s,
            coalesce(touches.recorded_s, touches.started_s),
            case
                when touches.kind = 'outreach' and customer_policies.outreach_response_s is not null then touches.responded_s
                else touches.started_s
            end
        ) as from_s,
        touches.started_s + customer_policies.lookback_s as to_s
    from touches
    inner join customer_policies on touches.customer_key = customer_policies.customer_key
    inner join kind_weights
        on customer_policies.policy_key = kind_weights.policy_key
        and touches.kind = kind_weights.kind
    where
        (
            touches.recorded_s is null
            or customer_policies.late_logging_s is null
            or touches.recorded_s - touches.started_s <= customer_policies.late_logging_s
        )
        and (
            touches.kind <> 'outreach'
            or customer_policies.outreach_response_s is null
            or touches.responded_s - touches.started_s between 0 and customer_policies.outreach_response_s
        )
),

-- At one second spans begin, then orders look, then spans end.
steps as (
    select customer_key, policy_no, from_s as at_s, 0 as turn, 1 as orders_change, 0 as touches_change, null as moment_key
    from order_spans
    union all
    select customer_key, policy_no, to_s as at_s, 2 as turn, -1 as orders_change, 0 as touches_change, null as moment_key
    from order_spans
    union all
    select customer_key, policy_no, from_s as at_s, 0 as turn, 0 as orders_change, 1 as touches_change, null as moment_key
    from touch_spans
    where from_s <= to_s
    union all
    select customer_key, policy_no, to_s as at_s, 2 as turn, 0 as orders_change, -1 as touches_change, null as moment_key
    from touch_spans
    where from_s <= to_s
    union all
    select customer_key, policy_no, ordered_s as at_s, 1 as turn, 0 as orders_change, 0 as touches_change, moment_key
    from large_moments
),

counted as (
    select
        moment_key,
        sum(orders_change) over (
            partition by customer_key, policy_no order by at_s, turn rows between unbounded preceding and current row
        ) as orders_in_window,
        sum(touches_change) over (
            partition by customer_key, policy_no order by at_s, turn rows between unbounded preceding and current row
        ) as touches_in_window
    from steps
),

final as (
    select
        counted.moment_key,
        cast(counted.orders_in_window as bigint) as orders_in_window,
        cast(counted.touches_in_window as bigint) as touches_in_window
    from counted
    cross join limits
    where
        counted.moment_key is not null
        and (
            counted.orders_in_window > limits.house_account_over
            or counted.touches_in_window > limits.house_account_over
        )
)

select * from final
