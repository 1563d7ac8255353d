{#
    The lines of a family in the order in which they count, with what remains of the sale's net before and after each.
    Returns in order of (completed_at, source, order_id, line_id); what exceeds the remaining net is left to house.
#}
with order_lines as (
    select * from {{ ref('int_order_lines') }}
    where completed_at is not null and policy_key is not null
),

sale_lines as (
    select * from {{ ref('int_sale_lines') }}
    where is_completed
),

sales as (
    select
        sale_lines.order_line_key,
        sale_lines.order_line_key as root_line_key,
        sale_lines.split_key,
        cast(0 as bigint) as sequence,
        cast(0 as bigint) as before_minor,
        sale_lines.net_minor as after_minor,
        cast(0 as bigint) as excess_minor
    from sale_lines
),

returns as (
    select
        order_lines.order_line_key,
        sale_lines.order_line_key as root_line_key,
        sale_lines.split_key,
        row_number() over (
            partition by sale_lines.order_line_key
            order by order_lines.completed_at, order_lines.source, order_lines.order_id, order_lines.line_id
        ) as sequence,
        sale_lines.net_minor as sold_minor,
        -order_lines.net_minor as returned_minor,
        sum(-order_lines.net_minor) over (
            partition by sale_lines.order_line_key
            order by order_lines.completed_at, order_lines.source, order_lines.order_id, order_lines.line_id
            rows between unbounded preceding and current row
        ) as returned_so_far_minor
    from order_lines
    inner join sale_lines on order_lines.root_line_key = sale_lines.order_line_key
    where order_lines.is_matched_return
),

bounded as (
    select
        order_line_key,
        root_line_key,
        split_key,
        cast(sequence as bigint) as sequence,
        cast(sold_minor - least(sold_minor, returned_so_far_minor - returned_minor) as bigint) as before_minor,
        cast(sold_minor - least(sold_minor, returned_so_far_minor) as bigint) as after_minor,
        returned_minor
    from returns
),

final as (
    select * from sales
    union all
    select
        order_line_key,
        root_line_key,
        split_key,
        sequence,
        before_minor,
        after_minor,
        cast(returned_minor - (before_minor - after_minor) as bigint) as excess_minor
    from bounded
)

select * from final
