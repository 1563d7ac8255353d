with credits as (
    select * from {{ ref('int_credits') }}
),

order_lines as (
    select * from {{ ref('int_order_lines') }}
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

hubs as (
    select * from {{ ref('int_identity_hubs') }}
),

pay_rates as (
    select * from {{ ref('int_pay_rates') }}
    where rate_e9 is null
),

from_credits as (
    select
        case credits.reason when 'sale_not_completed' then 'return_before_sale_completed' else credits.reason end as kind,
        case when credits.reason = 'unknown_associate' then credits.recipient end as subject,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.currency,
        cast(null as {{ dbt.type_string() }}) as detail,
        credits.credit_minor as amount_minor
    from credits
    inner join order_lines on credits.order_line_key = order_lines.order_line_key
    where credits.reason in ('unknown_associate', 'unmatched_return', 'return_exceeds_sale', 'sale_not_completed')
),

sellers_not_employed as (
    select
        'seller_not_employed' as kind,
        seller_lists.associate_id as subject,
        order_lines.source,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.currency,
        concat('ordered on ', cast(order_lines.order_date as {{ dbt.type_string() }})) as detail,
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
            cast(count(*) as {{ dbt.type_string() }}), ' touches, ',
            cast(min(touch_date) as {{ dbt.type_string() }}), ' to ', cast(max(touch_date) as {{ dbt.type_string() }})
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
            cast(house_accounts.orders_in_window as {{ dbt.type_string() }}), ' orders and ',
            cast(house_accounts.touches_in_window as {{ dbt.type_string() }}), ' touches in the window'
        ) as detail,
        order_lines.net_minor as amount_minor
    from house_accounts
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
        concat(cast(customer_records as {{ dbt.type_string() }}), ' customer records of one source') as detail,
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
        concat('on ', cast(pay_rates.rate_day as {{ dbt.type_string() }}), ' and the 7 days before') as detail,
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
