{#
    The rate of a day is the last one delivered on or before it, at most 7 days old; pairs as delivered, never inverted. The
    fraction of two whole numbers turns minor units of one currency into minor units of the other.
#}
{% set days_max = 7 %}
with order_lines as (
    select * from {{ ref('int_order_lines') }}
    where completed_at is not null
),

pay_currencies as (
    select * from {{ ref('stg_pay_currencies') }}
),

currencies as (
    select * from {{ ref('stg_currencies') }}
),

fx_rates as (
    select * from {{ ref('stg_fx_rates') }}
    where not is_withdrawn
),

days as (
    select distinct
        order_lines.currency,
        pay_currencies.currency as pay_currency,
        order_lines.earned_date as rate_day,
        {{ epoch_seconds('cast(order_lines.earned_date as timestamp)') }} as rate_day_s
    from order_lines
    cross join pay_currencies
),

spans as (
    select
        from_currency,
        to_currency,
        rate_e9,
        {{ epoch_seconds('cast(rate_date as timestamp)') }} as from_s,
        least(
            {{ epoch_seconds('cast(rate_date as timestamp)') }} + {{ days_max }} * 86400,
            coalesce(
                lead({{ epoch_seconds('cast(rate_date as timestamp)') }}) over (
                    partition by from_currency, to_currency order by rate_date
                ) - 86400,
                {{ epoch_seconds('cast(rate_date as timestamp)') }} + {{ days_max }} * 86400
            )
        ) as to_s
    from fx_rates
),

final as (
    select
        days.currency,
        days.pay_currency,
        case when days.currency = days.pay_currency then 1000000000 else spans.rate_e9 end as rate_e9,
        case when days.currency = days.pay_currency then 1000000000 else spans.rate_e9 end
        * {{ power_of_ten('pay_digits.digits - sale_digits.digits') }} as numerator,
        1000000000 * {{ power_of_ten('sale_digits.digits - pay_digits.digits') }} as denominator,
        days.rate_day
    from days
    inner join currencies as sale_digits on days.currency = sale_digits.currency
    inner join currencies as pay_digits on days.pay_currency = pay_digits.currency
    left join spans
        on days.currency = spans.from_currency
        and days.pay_currency = spans.to_currency
        and days.rate_day_s >= spans.from_s
        and days.rate_day_s <= spans.to_s
)

select * from final
