with sale_lines as (
    select * from {{ ref('int_sale_lines') }}
    where is_completed and not is_excluded
),

policies as (
    select * from {{ ref('int_policies') }}
),

candidates as (
    select * from {{ ref('int_touch_candidates') }}
),

owners as (
    select * from {{ ref('int_relationship_owners') }}
    where touch_interaction_id is not null
),

advisor_touches as (
    select
        sale_lines.order_line_key as root_line_key,
        'advisor' as role,
        candidates.associate_id as recipient,
        candidates.source as interaction_source,
        candidates.interaction_id,
        candidates.kind,
        candidates.left_out_reason,
        candidates.age_s,
        candidates.kind_weight,
        candidates.weight,
        candidates.left_out_reason is null as counted,
        candidates.started_at
    from sale_lines
    inner join candidates on sale_lines.moment_key = candidates.moment_key
),

-- The last two-way touch of an owner keeps the relationship active; it carries no weight of its own.
relationship_touches as (
    select
        sale_lines.order_line_key as root_line_key,
        'relationship' as role,
        owners.associate_id as recipient,
        owners.touch_source as interaction_source,
        owners.touch_interaction_id as interaction_id,
        owners.touch_kind as kind,
        cast(null as {{ dbt.type_string() }}) as left_out_reason,
        owners.touch_age_s as age_s,
        owners.touch_kind_weight as kind_weight,
        cast(0 as bigint) as weight,
        true as counted,
        owners.touch_started_at as started_at
    from sale_lines
    inner join policies
        on sale_lines.policy_no = policies.policy_no
        and policies.relationship_weight > 0
    inner join owners on sale_lines.moment_key = owners.moment_key
),

final as (
    select * from advisor_touches
    union all
    select * from relationship_touches
)

select * from final
