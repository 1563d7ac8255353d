{#
    Rules inside the window, in this order: counted, own_sale_hours, one_per_day, max_per_order. Each ranks only what the
    one before it left, in relations of their own, so that no window sorts what it does not need.
#}
with moments as (
    select * from {{ ref('int_order_moments') }}
),

house_accounts as (
    select * from {{ ref('int_house_accounts') }}
),

policies as (
    select * from {{ ref('int_policies') }}
    where advisor_weight > 0
),

kind_weights as (
    select * from {{ ref('stg_policy_kind_weights') }}
),

touches as (
    select * from {{ ref('int_touches') }}
),

order_sellers as (
    select * from {{ ref('int_order_sellers') }}
),

open_moments as (
    select
        moments.moment_key,
        moments.order_key,
        moments.customer_key,
        moments.policy_no,
        moments.ordered_s,
        moments.ordered_s - policies.lookback_s as window_from_s
    from moments
    inner join policies on moments.policy_no = policies.policy_no
    left join house_accounts on moments.moment_key = house_accounts.moment_key
    where house_accounts.moment_key is null
),

in_window as (
    select
        open_moments.moment_key,
        open_moments.order_key,
        open_moments.customer_key,
        open_moments.policy_no,
        touches.associate_key,
        touches.associate_id,
        touches.kind,
        touches.left_out_reason,
        open_moments.ordered_s,
        touches.started_s,
        touches.tie_order,
        touches.recorded_s,
        touches.responded_s,
        touches.touch_date
    from open_moments
    inner join touches
        on open_moments.customer_key = touches.customer_key
        and touches.started_s between open_moments.window_from_s and open_moments.ordered_s
),

judged as (
    select
        in_window.moment_key,
        in_window.customer_key,
        in_window.started_s,
        in_window.tie_order,
        in_window.associate_key,
        in_window.associate_id,
        {{ touch_left_out_reason('in_window', 'policies', 'kind_weights') }} as policy_reason,
        coalesce(
            order_sellers.associate_id is not null and in_window.ordered_s - in_window.started_s <= policies.own_sale_s, false
        ) as is_own_sale,
        policies.model,
        policies.one_per_day,
        policies.max_per_order,
        policies.half_life_s,
        policies.position_first,
        policies.position_middle,
        policies.position_last,
        cast(coalesce(kind_weights.weight, 0) as bigint) as kind_weight,
        in_window.ordered_s - in_window.started_s as age_s,
        case
            when policies.model = 'time_decay'
                then {{ decay_position('(in_window.ordered_s - in_window.started_s)', 'policies.half_life_s') }}
        end as half_life_place,
        in_window.touch_date
    from in_window
    inner join policies on in_window.policy_no = policies.policy_no
    left join kind_weights
        on policies.policy_key = kind_weights.policy_key
        and in_window.kind = kind_weights.kind
    left join order_sellers
        on in_window.order_key = order_sellers.order_key
        and in_window.associate_id = order_sellers.associate_id
),

with_reason as (
    select
        *,
        coalesce(policy_reason, case when is_own_sale then 'own_sale_hours' end) as window_reason
    from judged
),

counted as (
    select
        *,
        case
            when model = 'time_decay' then {{ decay_weight('kind_weight', 'age_s', 'half_life_s', 'half_life_place') }}
            when model = 'linear' then kind_weight
        end as aged_weight
    from with_reason
    where window_reason is null
),

ranked_in_day as (
    select
        *,
        row_number() over (
            partition by moment_key, associate_key, case when one_per_day then touch_date end
            order by kind_weight desc, started_s desc, tie_order desc
        ) as place_in_day
    from counted
),

of_the_day as (
    select * from ranked_in_day
    where place_in_day = 1 or not one_per_day
),

summed as (
    select
        *,
        row_number() over (
            partition by moment_key, associate_key
            order by aged_weight desc, started_s desc, tie_order desc
        ) as place_in_order
    from of_the_day
    where model in ('linear', 'time_decay')
),

placed as (
    select
        *,
        row_number() over (partition by moment_key order by started_s, tie_order) as place,
        count(*) over (partition by moment_key) as places
    from of_the_day
    where model in ('first', 'last', 'position')
),

outcomes as (
    select
        moment_key, customer_key, started_s, tie_order, associate_id, window_reason as left_out_reason, age_s, kind_weight, 0 as weight
    from with_reason
    where window_reason is not null
    union all
    select
        moment_key, customer_key, started_s, tie_order, associate_id, 'one_per_day' as left_out_reason, age_s, kind_weight, 0 as weight
    from ranked_in_day
    where place_in_day > 1 and one_per_day
    union all
    select
        moment_key,
        customer_key,
        started_s,
        tie_order,
        associate_id,
        case when max_per_order > 0 and place_in_order > max_per_order then 'max_per_order' end as left_out_reason,
        age_s,
        kind_weight,
        case when max_per_order > 0 and place_in_order > max_per_order then 0 else aged_weight end as weight
    from summed
    union all
    select
        moment_key,
        customer_key,
        started_s,
        tie_order,
        associate_id,
        case
            when model = 'first' and place > 1 then 'not_the_first'
            when model = 'last' and place < places then 'not_the_last'
        end as left_out_reason,
        age_s,
        kind_weight,
        case
            when model = 'first' then case when place = 1 then 1 else 0 end
            when model = 'last' then case when place = places then 1 else 0 end
            when places <= 2 then 1
            when place = 1 then position_first * (places - 2)
            when place = places then position_last * (places - 2)
            else position_middle
        end as weight
    from placed
),

final as (
    select
        moment_key,
        customer_key,
        tie_order,
        associate_id,
        left_out_reason,
        started_s,
        age_s,
        kind_weight,
        cast(weight as bigint) as weight
    from outcomes
)

select * from final
