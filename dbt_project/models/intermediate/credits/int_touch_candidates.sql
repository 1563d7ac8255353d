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
        open_moments.policy_no,
        touches.source,
        touches.interaction_id,
        touches.associate_id,
        touches.kind,
        touches.left_out_reason,
        open_moments.ordered_s,
        touches.started_s,
        touches.recorded_s,
        touches.responded_s,
        touches.touch_date,
        touches.started_at
    from open_moments
    inner join touches
        on open_moments.customer_key = touches.customer_key
        and touches.started_s between open_moments.window_from_s and open_moments.ordered_s
),

judged as (
    select
        in_window.moment_key,
        in_window.policy_no,
        in_window.source,
        in_window.interaction_id,
        in_window.associate_id,
        in_window.kind,
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
        in_window.started_s,
        in_window.ordered_s - in_window.started_s as age_s,
        case
            when policies.model = 'time_decay'
                then {{ decay_position('(in_window.ordered_s - in_window.started_s)', 'policies.half_life_s') }}
        end as half_life_place,
        in_window.touch_date,
        in_window.started_at
    from in_window
    inner join policies on in_window.policy_no = policies.policy_no
    left join kind_weights
        on policies.policy_key = kind_weights.policy_key
        and in_window.kind = kind_weights.kind
    left join order_sellers
        on in_window.order_key = order_sellers.order_key
        and in_window.associate_id = order_sellers.associate_id
),

weighted as (
    select
        *,
        coalesce(policy_reason, case when is_own_sale then 'own_sale_hours' end) as window_reason,
        case
            when model = 'time_decay' then {{ decay_weight('kind_weight', 'age_s', 'half_life_s', 'half_life_place') }}
            when model = 'linear' then kind_weight
        end as aged_weight
    from judged
),

ranked_in_day as (
    select
        *,
        case
            when window_reason is null and one_per_day
                then row_number() over (
                    partition by moment_key, associate_id, touch_date, window_reason
                    order by kind_weight desc, started_s desc, source desc, interaction_id desc
                )
        end as place_in_day
    from weighted
),

after_day as (
    select
        *,
        coalesce(window_reason, case when place_in_day > 1 then 'one_per_day' end) as day_reason
    from ranked_in_day
),

ranked_in_order as (
    select
        *,
        case
            when day_reason is null and max_per_order > 0 and model in ('linear', 'time_decay')
                then row_number() over (
                    partition by moment_key, associate_id, day_reason
                    order by aged_weight desc, started_s desc, source desc, interaction_id desc
                )
        end as place_in_order,
        case
            when day_reason is null and model in ('first', 'last', 'position')
                then row_number() over (partition by moment_key, day_reason order by started_s, source, interaction_id)
        end as place_from_first,
        case
            when day_reason is null and model in ('first', 'last', 'position')
                then count(*) over (partition by moment_key, day_reason)
        end as places
    from after_day
),

final as (
    select
        moment_key,
        source,
        interaction_id,
        associate_id,
        kind,
        coalesce(
            day_reason,
            case
                when place_in_order > max_per_order then 'max_per_order'
                when model = 'first' and place_from_first > 1 then 'not_the_first'
                when model = 'last' and place_from_first < places then 'not_the_last'
            end
        ) as left_out_reason,
        age_s,
        kind_weight,
        cast(
            case
                when day_reason is not null or place_in_order > max_per_order then 0
                when model in ('linear', 'time_decay') then aged_weight
                when model = 'first' then case when place_from_first = 1 then 1 else 0 end
                when model = 'last' then case when place_from_first = places then 1 else 0 end
                when places <= 2 then 1
                when place_from_first = 1 then position_first * (places - 2)
                when place_from_first = places then position_last * (places - 2)
                else position_middle
            end as bigint
        ) as weight,
        started_at
    from ranked_in_order
)

select * from final
