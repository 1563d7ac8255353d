{#
    Each detail is one sentence: what it is, and after the colon what a person should do. docs/reference/exceptions.md
    lists every kind.
#}
with credits as (
    select * from {{ ref('int_credits') }}
),

order_lines as (
    select * from {{ ref('int_order_lines') }}
),

delivered_lines as (
    select * from {{ ref('stg_order_lines') }}
    where kind = 'return'
),

sale_lines as (
    select * from {{ ref('int_sale_lines') }}
),

seller_lists as (
    select * from {{ ref('int_seller_lists') }}
),

associates as (
    select * from {{ ref('stg_associates') }}
    where not is_withdrawn
),

touches as (
    select * from {{ ref('int_touches') }}
),

house_accounts as (
    select * from {{ ref('int_house_accounts') }}
),

settings as (
    select * from {{ ref('stg_settings') }}
    where name = 'house_account_over'
),

limits as (
    select max(value) as house_account_over from settings
),

hubs as (
    select * from {{ ref('int_identity_hubs') }}
),

pay_rates as (
    select * from {{ ref('int_pay_rates') }}
    where rate_e9 is null
),

noted as (
    select
        order_lines.order_line_key,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.currency,
        credits.reason,
        credits.recipient,
        credits.credit_minor,
        concat('order ', sales.order_id, ' of ', sales.source, ', line ', sales.line_id) as sale_words
    from credits
    inner join order_lines on credits.order_line_key = order_lines.order_line_key
    inner join order_lines as sales on order_lines.root_line_key = sales.order_line_key
    where credits.reason in ('unknown_associate', 'unmatched_return', 'return_exceeds_sale', 'sale_not_completed')
),

named_sales as (
    select
        noted.order_line_key,
        concat(
            'order ', delivered_lines.original_order_id,
            ' of ', coalesce(delivered_lines.original_source, delivered_lines.source),
            ', line ', delivered_lines.original_line_id
        ) as sale_words
    from noted
    inner join delivered_lines on noted.order_line_key = delivered_lines.order_line_key
    where
        noted.reason = 'unmatched_return'
        and delivered_lines.original_order_id is not null
        and delivered_lines.original_line_id is not null
),

from_credits as (
    select
        case noted.reason when 'sale_not_completed' then 'return_before_sale_completed' else noted.reason end as kind,
        case when noted.reason = 'unknown_associate' then noted.recipient end as subject,
        noted.source,
        noted.order_id,
        noted.line_id,
        noted.currency,
        case
            when noted.reason = 'unknown_associate'
                then concat(
                    'No associate record has come for ', noted.recipient,
                    ', so this part waits under that id: have the record delivered, or replace the seller by a credit override.'
                )
            when noted.reason = 'return_exceeds_sale'
                then concat(
                    'More came back than was left of ', noted.sale_words,
                    ', so what exceeds it counts for nobody: check the returns of that line with the source.'
                )
            when noted.reason = 'sale_not_completed'
                then concat(
                    'The sale that it takes back, ', noted.sale_words,
                    ', is not completed, so the return counts for nobody until it is: have the source deliver the completed sale.'
                )
            when named_sales.sale_words is not null
                then concat(
                    'No sale in ', noted.currency, ' is known as ', named_sales.sale_words,
                    ', so the return counts for nobody: have the sale delivered, or its name on the return corrected.'
                )
            else 'The return names no sale, so it counts for nobody: have the source deliver the order and line that it takes back.'
        end as detail,
        noted.credit_minor as amount_minor
    from noted
    left join named_sales on noted.order_line_key = named_sales.order_line_key
),

sellers_not_employed as (
    select
        'seller_not_employed' as kind,
        seller_lists.associate_id as subject,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.currency,
        concat(
            seller_lists.associate_id, ' is recorded as seller on ', cast(order_lines.order_date as {{ dbt.type_string() }}),
            case
                when sale_lines.order_date < associates.hired_on
                    then concat(', before the first day of work, ', cast(associates.hired_on as {{ dbt.type_string() }}))
                else concat(', after the last day of work, ', cast(associates.left_on as {{ dbt.type_string() }}))
            end,
            ', so this part counts for nobody: replace the seller by a credit override, or have the day of work corrected.'
        ) as detail,
        order_lines.net_minor as amount_minor
    from sale_lines
    inner join order_lines on sale_lines.order_line_key = order_lines.order_line_key
    inner join seller_lists on sale_lines.sellers = seller_lists.sellers
    inner join associates on seller_lists.associate_id = associates.associate_id
    where
        sale_lines.is_completed
        and (sale_lines.order_date < associates.hired_on or sale_lines.order_date > associates.left_on)
),

from_touches as (
    select
        case left_out_reason when 'not_employed' then 'touches_not_employed' else 'touches_unknown_associate' end as kind,
        associate_id as subject,
        source,
        cast(null as {{ dbt.type_string() }}) as order_id,
        cast(null as {{ dbt.type_string() }}) as line_id,
        cast(null as {{ dbt.type_string() }}) as currency,
        concat(
            cast(count(*) as {{ dbt.type_string() }}), case count(*) when 1 then ' touch of ' else ' touches of ' end, associate_id,
            ' from ', cast(min(touch_date) as {{ dbt.type_string() }}), ' to ', cast(max(touch_date) as {{ dbt.type_string() }}),
            case left_out_reason
                when 'not_employed'
                    then ' outside the days of work do not count: have these days corrected, or ask who used this id.'
                else ' wait for an associate record: have it delivered, or have the source correct the id.'
            end
        ) as detail,
        cast(null as bigint) as amount_minor
    from touches
    where left_out_reason in ('not_employed', 'unknown_associate')
    group by left_out_reason, associate_id, source
),

from_house_accounts as (
    select
        'house_account' as kind,
        cast(order_lines.customer_key as {{ dbt.type_string() }}) as subject,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.currency,
        concat(
            'The customer has ', cast(house_accounts.orders_in_window as {{ dbt.type_string() }}), ' orders and ',
            cast(house_accounts.touches_in_window as {{ dbt.type_string() }}), ' touches in the time before this order that counts, more than ',
            limits.house_account_over,
            ', so it has no advisor and no relationship: have sales recorded on records of single clients instead of a shared one.'
        ) as detail,
        order_lines.net_minor as amount_minor
    from house_accounts
    cross join limits
    inner join sale_lines on house_accounts.moment_key = sale_lines.moment_key
    inner join order_lines on sale_lines.order_line_key = order_lines.order_line_key
    where sale_lines.is_completed and not sale_lines.is_excluded
),

from_hubs as (
    select
        'shared_identifier' as kind,
        identifier as subject,
        source,
        cast(null as {{ dbt.type_string() }}) as order_id,
        cast(null as {{ dbt.type_string() }}) as line_id,
        cast(null as {{ dbt.type_string() }}) as currency,
        concat(
            cast(customer_records as {{ dbt.type_string() }}), ' customer records of ', source, ' share this identifier, more than ',
            cast(customer_records_max as {{ dbt.type_string() }}),
            ', so it joins nobody: have the source take it off the records whose own it is not, or raise the limit if it is theirs.'
        ) as detail,
        cast(null as bigint) as amount_minor
    from hubs
),

without_rate as (
    select
        'missing_rate' as kind,
        pay_rates.pay_currency as subject,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.currency,
        concat(
            'No rate from ', order_lines.currency, ' to ', pay_rates.pay_currency, ' is known for ',
            cast(pay_rates.rate_day as {{ dbt.type_string() }}),
            ' or the 7 days before, so the line counts for nobody in ', pay_rates.pay_currency, ': deliver the rate in fx_rates.'
        ) as detail,
        order_lines.net_minor as amount_minor
    from order_lines
    inner join pay_rates
        on order_lines.currency = pay_rates.currency
        and order_lines.earned_date = pay_rates.rate_day
    where order_lines.completed_at is not null
),

final as (
    select * from from_credits
    union all
    select * from sellers_not_employed
    union all
    select * from from_touches
    union all
    select * from from_house_accounts
    union all
    select * from from_hubs
    union all
    select * from without_rate
)

select * from final
