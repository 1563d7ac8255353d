with permissions as (
    select * from {{ ref('stg_permissions') }}
    where not is_withdrawn and purpose = 'contact'
),

customer_map as (
    select * from {{ ref('int_customer_map') }}
),

-- Two words of one second on one method: the withdrawal holds.
words as (
    select
        coalesce(customer_map.customer_key, permissions.customer_record_key) as customer_key,
        permissions.method,
        {{ epoch_seconds('permissions.changed_at') }} as changed_s,
        max(case when permissions.status = 'withdrawn' then 1 else 0 end) as withdrawn
    from permissions
    left join customer_map on permissions.customer_record_key = customer_map.customer_record_key
    group by 1, 2, 3
)

select
    customer_key,
    method,
    withdrawn = 1 as is_contact_withdrawn,
    changed_s as from_s,
    coalesce(
        lead(changed_s) over (partition by customer_key, method order by changed_s),
        9223372036854775807
    ) as to_s
from words
