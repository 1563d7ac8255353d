{#
    The clients whom a person looks after at the end of each month in which something was sold, and how many of them have an
    order that counts in the 365 days up to it. The month in progress stands as far as it is known.
#}
with owners as (
    select * from {{ ref('int_client_owners') }}
),

remaining_orders as (
    select * from {{ ref('int_remaining_orders') }}
),

months as (
    select distinct {{ month_end('business_date') }} as month_end
    from remaining_orders
),

ordered as (
    select
        customer_key,
        business_date,
        lead(business_date) over (partition by customer_key order by business_date, order_key) as next_business_date
    from remaining_orders
    where customer_key is not null
),

-- A client's months are covered by the last order before each, so that none counts twice.
active as (
    select
        ordered.customer_key,
        months.month_end
    from ordered
    inner join months
        on ordered.business_date <= months.month_end
        and months.month_end < {{ add_days('ordered.business_date', 365) }}
        and (ordered.next_business_date is null or months.month_end < ordered.next_business_date)
),

books as (
    select
        owners.associate_id,
        owners.customer_key,
        months.month_end
    from owners
    inner join months
        on owners.valid_from <= months.month_end
        and months.month_end < owners.valid_to
)

select
    books.associate_id,
    cast(count(*) as bigint) as clients,
    cast(count(active.customer_key) as bigint) as active_clients,
    books.month_end
from books
left join active
    on books.customer_key = active.customer_key
    and books.month_end = active.month_end
group by books.associate_id, books.month_end
