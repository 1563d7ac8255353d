with versions as (
    select * from {{ ref('stg_policy_versions') }}
),

roles as (
    select * from {{ ref('stg_policy_roles') }}
),

role_columns as (
    select
        policy_key,
        {% for role in ['seller', 'advisor', 'relationship'] %}
        cast(coalesce(max(case when role = '{{ role }}' then weight end), 0) as bigint) as {{ role }}_weight,
        cast(coalesce(max(case when role = '{{ role }}' then role_order end), 0) as bigint) as {{ role }}_order{{ ',' if not loop.last }}
        {% endfor %}
    from roles
    group by policy_key
),

final as (
    select
        {{ hex_to_bigint('substr(versions.policy_key, 1, 15)') }} as policy_no,
        versions.policy_key,
        versions.policy,
        versions.model,
        versions.unclaimed,
        versions.normalised,
        role_columns.seller_weight,
        role_columns.seller_order,
        role_columns.advisor_weight,
        role_columns.advisor_order,
        role_columns.relationship_weight,
        role_columns.relationship_order,
        versions.lookback_s,
        versions.half_life_s,
        cast(versions.position_first as bigint) as position_first,
        cast(versions.position_middle as bigint) as position_middle,
        cast(versions.position_last as bigint) as position_last,
        versions.outreach_response_s,
        versions.own_sale_s,
        cast(versions.max_per_order as bigint) as max_per_order,
        versions.late_logging_s,
        versions.settle_s,
        versions.active_s,
        versions.one_per_day,
        versions.self_purchase,
        versions.valid_from,
        versions.valid_to
    from versions
    inner join role_columns on versions.policy_key = role_columns.policy_key
)

select * from final
