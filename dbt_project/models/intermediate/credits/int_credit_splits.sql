{#
    Shares in whole trillionths: each the ratio of integers (role weight x weight) / (sum of role weights x sum of weights
    in the role), rounded down by long division; what is left goes to the largest remainders, ties by role order, then
    recipient by code point, house last in its role. The remainder is compared in its next six digits within the role, which
    tells apart any two ratios of weights that occur.
#}
with cells as (
    select * from {{ ref('int_split_cells') }}
),

role_sums as (
    select
        split_key,
        role_order,
        cast(count(*) as bigint) as cells,
        cast(min(role_weight) as bigint) as role_weight,
        cast(sum(weight) as bigint) as weights_sum
    from cells
    group by split_key, role_order
),

split_sums as (
    select
        split_key,
        cast(sum(cells) as bigint) as cells,
        cast(sum(role_weight) as bigint) as roles_sum
    from role_sums
    group by split_key
),

alone as (
    select
        cells.split_key,
        cells.role,
        cells.recipient,
        cells.reason,
        cells.role_order,
        cast(1000000000000 as bigint) as share_e12
    from cells
    inner join split_sums on cells.split_key = split_sums.split_key
    where split_sums.cells = 1
),

ratios as (
    select
        cells.split_key,
        cells.role,
        cells.recipient,
        cells.reason,
        cells.role_order,
        split_sums.roles_sum,
        cells.role_weight * cells.weight as numerator,
        role_sums.weights_sum as denominator
    from cells
    inner join role_sums
        on cells.split_key = role_sums.split_key
        and cells.role_order = role_sums.role_order
    inner join split_sums on cells.split_key = split_sums.split_key
    where split_sums.cells > 1
),

-- (role weight x weight x 10^12) div weights_sum, then its next six digits, then all of it by the sum of role weights.
divided as (
    select
        *,
        {{ long_division('whole', 'numerator', 'denominator', 12) }}
    from ratios
),

extended as (
    select
        *,
        {{ long_division('next', 'whole_rest_12', 'denominator', 6) }}
    from divided
),

floors as (
    select
        split_key,
        role,
        recipient,
        reason,
        role_order,
        {{ int_div('whole_quotient_12', 'roles_sum') }} as floor_e12,
        (whole_quotient_12 % roles_sum) * 1000000 + next_quotient_6 as remainder
    from extended
),

ranked as (
    select
        *,
        1000000000000 - sum(floor_e12) over (partition by split_key) as left_over,
        row_number() over (
            partition by split_key
            order by remainder desc, role_order, case when recipient = 'house' then 1 else 0 end, recipient
        ) as place
    from floors
),

locked as (
    select
        order_line_key as split_key,
        role,
        recipient,
        reason,
        role_order,
        share_e12
    from {{ ref('int_locked_divisions') }}
),

final as (
    select * from alone
    union all
    select * from locked
    union all
    select
        split_key,
        role,
        recipient,
        reason,
        role_order,
        cast(floor_e12 + case when place <= left_over then 1 else 0 end as bigint) as share_e12
    from ranked
)

select * from final
