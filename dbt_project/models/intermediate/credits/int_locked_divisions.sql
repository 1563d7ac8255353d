{#
    Divisions that a locked cycle froze, as shares of the lines that still are what they were: the line was not delivered
    otherwise since, and no override of it came or went. Whatever else changed (touches, owners, joined customers, policies) moves
    them no more; returns divide by them.
#}
with divisions as (
    select * from {{ ref('stg_locked_divisions') }}
),

order_lines as (
    select * from {{ ref('stg_order_lines') }}
    where not is_withdrawn and kind = 'sale' and completed_at is not null
),

overrides as (
    select
        source,
        order_id,
        line_id,
        max(load_id) as load_id
    from {{ ref('stg_credit_overrides') }}
    group by source, order_id, line_id
),

final as (
    select
        order_lines.order_line_key,
        divisions.role,
        divisions.recipient,
        divisions.reason,
        divisions.role_order,
        divisions.share_e12,
        divisions.cycle
    from divisions
    inner join order_lines
        on divisions.source = order_lines.source
        and divisions.order_id = order_lines.order_id
        and divisions.line_id = order_lines.line_id
    left join overrides
        on divisions.source = overrides.source
        and divisions.order_id = overrides.order_id
        and divisions.line_id = overrides.line_id
    where
        order_lines.load_id <= divisions.last_load
        and coalesce(overrides.load_id, 0) <= divisions.last_load
)

select * from final
