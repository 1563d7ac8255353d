with policies as (
    select * from {{ ref('int_policies') }}
),

final as (
    select
        policy_key,
        policy,
        model,
        normalised,
        half_life_s,
        valid_from,
        valid_to
    from policies
)

select * from final
