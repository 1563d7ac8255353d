with sale_lines as (
    select * from {{ ref('int_sale_lines') }}
    where is_completed and not is_excluded
),

candidates as (
    select * from {{ ref('int_touch_candidates') }}
),

owners as (
    select * from {{ ref('int_relationship_owners') }}
    where touch_started_s is not null
),

touches as (
    select * from {{ ref('int_touches') }}
),

advisor_touches as (
    select
        moment_key,
        'advisor' as role,
        customer_key,
        tie_order,
        left_out_reason,
        started_s,
        age_s,
        kind_weight,
        weight
    from candidates
),

-- The last two-way touch of an owner keeps the relationship active; it carries no weight of its own.
relationship_touches as (
    select
        moment_key,
        'relationship' as role,
        customer_key,
        touch_tie_order as tie_order,
        cast(null as {{ dbt.type_string() }}) as left_out_reason,
        touch_started_s as started_s,
        touch_age_s as age_s,
        touch_kind_weight as kind_weight,
        cast(0 as bigint) as weight
    from owners
),

of_moments as (
    select * from advisor_touches
    union all
    select * from relationship_touches
),

final as (
    select
        sale_lines.order_line_key as root_line_key,
        of_moments.role,
        touches.associate_id as recipient,
        touches.source as interaction_source,
        touches.interaction_id,
        touches.kind,
        of_moments.left_out_reason,
        of_moments.age_s,
        of_moments.kind_weight,
        of_moments.weight,
        of_moments.left_out_reason is null as counted,
        touches.started_at
    from of_moments
    inner join sale_lines on of_moments.moment_key = sale_lines.moment_key
    inner join touches
        on of_moments.customer_key = touches.customer_key
        and of_moments.started_s = touches.started_s
        and of_moments.tie_order = touches.tie_order
)

select * from final
