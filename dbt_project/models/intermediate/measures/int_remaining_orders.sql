{#
    Orders that count: those of which something remains. Each counts for the person with the largest credit on it (ties: order
    of the roles, then id), on the business date on which its first line completed.
#}
with order_lines as (
    select * from {{ ref('int_order_lines') }}
),

credits as (
    select * from {{ ref('int_line_credits') }}
),

credit_lines as (
    select * from {{ ref('int_credit_lines') }}
),

sales as (
    select
        order_line_key,
        order_key,
        customer_key,
        location_id,
        currency,
        business_date,
        ordered_at
    from order_lines
    where line_kind = 'sale' and completed_at is not null
),

remaining_orders as (
    select
        sales.order_key,
        min(sales.customer_key) as customer_key,
        min(sales.location_id) as location_id,
        case when min(sales.currency) = max(sales.currency) then min(sales.currency) end as currency,
        cast(sum(credit_lines.after_minor - credit_lines.before_minor) as bigint) as remaining_minor,
        cast(sum(order_lines.quantity_milli) as bigint) as pieces_milli,
        min(sales.business_date) as business_date,
        min(sales.ordered_at) as ordered_at
    from sales
    inner join credit_lines on sales.order_line_key = credit_lines.root_line_key
    inner join order_lines on credit_lines.order_line_key = order_lines.order_line_key
    group by sales.order_key
    having sum(credit_lines.after_minor - credit_lines.before_minor) > 0
),

order_people as (
    select
        sales.order_key,
        credits.recipient as associate_id,
        sum(credits.credit_minor) as credit_minor,
        min(credits.role_order) as role_order
    from sales
    inner join credits on sales.order_line_key = credits.root_line_key
    where credits.recipient <> 'house'
    group by sales.order_key, credits.recipient
    having sum(credits.credit_minor) > 0
),

ranked_people as (
    select
        order_key,
        associate_id,
        row_number() over (partition by order_key order by credit_minor desc, role_order, associate_id) as place
    from order_people
),

leading_people as (
    select
        order_key,
        associate_id
    from ranked_people
    where place = 1
),

final as (
    select
        remaining_orders.order_key,
        remaining_orders.customer_key,
        remaining_orders.location_id,
        leading_people.associate_id,
        remaining_orders.currency,
        remaining_orders.remaining_minor,
        remaining_orders.pieces_milli,
        remaining_orders.business_date,
        remaining_orders.ordered_at
    from remaining_orders
    left join leading_people on remaining_orders.order_key = leading_people.order_key
)

select * from final
