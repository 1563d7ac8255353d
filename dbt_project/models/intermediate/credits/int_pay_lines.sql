{#
    What remains of a sale is converted once for each of its lines, at the rate of the sale's business date; a return is the
    difference of two conversions, so that both currencies conserve. What no sale is known for goes by its own date.
#}
with credit_lines as (
    select * from {{ ref('int_credit_lines') }}
),

order_lines as (
    select * from {{ ref('int_order_lines') }}
    where completed_at is not null and policy_key is not null
),

rates as (
    select * from {{ ref('int_pay_rates') }}
    where rate_e9 is not null
),

counted as (
    select
        credit_lines.order_line_key,
        credit_lines.root_line_key,
        credit_lines.split_key,
        order_lines.currency,
        credit_lines.sequence,
        credit_lines.after_minor,
        credit_lines.excess_minor,
        order_lines.earned_date
    from credit_lines
    inner join order_lines on credit_lines.order_line_key = order_lines.order_line_key
),

-- Returns without a completed sale: all of them is beyond a sale.
alone as (
    select
        order_lines.order_line_key,
        order_lines.root_line_key,
        cast(null as bigint) as split_key,
        order_lines.currency,
        cast(0 as bigint) as sequence,
        cast(0 as bigint) as after_minor,
        -order_lines.net_minor as excess_minor,
        order_lines.earned_date
    from order_lines
    left join credit_lines on order_lines.order_line_key = credit_lines.order_line_key
    where credit_lines.order_line_key is null
),

lines as (
    select * from counted
    union all
    select * from alone
),

final as (
    select
        lines.order_line_key,
        lines.root_line_key,
        lines.split_key,
        rates.pay_currency,
        lines.sequence,
        {{ converted('lines.after_minor', 'rates.numerator', 'rates.denominator') }} as after_minor,
        {{ converted('lines.excess_minor', 'rates.numerator', 'rates.denominator') }} as excess_minor
    from lines
    inner join rates
        on lines.currency = rates.currency
        and lines.earned_date = rates.rate_day
)

select * from final
