{# The place of each order that counts among those of its customer: the first, and when the one before it was. #}
with remaining_orders as (
    select * from {{ ref('int_remaining_orders') }}
),

customer_orders as (
    select
        order_key,
        row_number() over (partition by customer_key order by ordered_at, order_key) as place,
        lag(ordered_at) over (partition by customer_key order by ordered_at, order_key) as previous_ordered_at
    from remaining_orders
    where customer_key is not null
),

final as (
    select
        remaining_orders.order_key,
        remaining_orders.customer_key,
        remaining_orders.location_id,
        remaining_orders.associate_id,
        remaining_orders.currency,
        remaining_orders.remaining_minor,
        remaining_orders.pieces_milli,
        customer_orders.place as customer_place,
        remaining_orders.business_date,
        remaining_orders.ordered_at,
        customer_orders.previous_ordered_at
    from remaining_orders
    left join customer_orders on remaining_orders.order_key = customer_orders.order_key
)

select * from final
