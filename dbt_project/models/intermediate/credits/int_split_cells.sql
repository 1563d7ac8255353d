{{ config(materialized='view') }}
{#
    Cells of a split: role, recipient, whole-number weight within the role, the role's weight among the roles. A seller
    outside hired_on..left_on is a cell of house; an advisor or owner outside it holds no role at all.
#}
with sale_lines as (
    select * from {{ ref('int_sale_lines') }}
    where is_completed and not is_locked
),

policies as (
    select * from {{ ref('int_policies') }}
),

house_accounts as (
    select * from {{ ref('int_house_accounts') }}
),

seller_lists as (
    select * from {{ ref('int_seller_lists') }}
),

candidates as (
    select * from {{ ref('int_touch_candidates') }}
    where weight > 0
),

owners as (
    select * from {{ ref('int_relationship_owners') }}
),

associates as (
    select * from {{ ref('stg_associates') }}
    where not is_withdrawn
),

splits as (
    select
        split_key,
        min(moment_key) as moment_key,
        min(customer_key) as customer_key,
        min(policy_no) as policy_no,
        min(sellers) as sellers,
        min(order_date) as order_date,
        max(case when is_excluded then 1 else 0 end) as excluded
    from sale_lines
    group by split_key
),

with_policy as (
    select
        splits.split_key,
        splits.moment_key,
        splits.sellers,
        policies.unclaimed,
        policies.seller_weight,
        policies.seller_order,
        policies.advisor_weight,
        policies.advisor_order,
        policies.relationship_weight,
        policies.relationship_order,
        splits.excluded = 1 as is_excluded,
        splits.customer_key is not null as is_identified,
        house_accounts.moment_key is not null as is_house_account,
        splits.order_date
    from splits
    inner join policies on splits.policy_no = policies.policy_no
    left join house_accounts on splits.moment_key = house_accounts.moment_key
),

creditable as (
    select * from with_policy
    where not is_excluded
),

seller_parts as (
    select
        creditable.split_key,
        seller_lists.associate_id,
        case
            when associates.associate_id is null then 'unknown_associate'
            when creditable.order_date < associates.hired_on or creditable.order_date > associates.left_on
                then 'not_employed'
        end as reason,
        seller_lists.weight,
        creditable.seller_order,
        creditable.seller_weight
    from creditable
    inner join seller_lists on creditable.sellers = seller_lists.sellers
    left join associates on seller_lists.associate_id = associates.associate_id
    where creditable.seller_weight > 0
),

seller_cells as (
    select
        split_key,
        'seller' as role,
        case when reason = 'not_employed' then 'house' else associate_id end as recipient,
        min(reason) as reason,
        min(seller_order) as role_order,
        min(seller_weight) as role_weight,
        sum(weight) as weight
    from seller_parts
    group by split_key, case when reason = 'not_employed' then 'house' else associate_id end
),

advisor_parts as (
    select
        moment_key,
        associate_id,
        sum(weight) as weight
    from candidates
    group by moment_key, associate_id
),

advisor_cells as (
    select
        creditable.split_key,
        'advisor' as role,
        advisor_parts.associate_id as recipient,
        cast(null as {{ dbt.type_string() }}) as reason,
        creditable.advisor_order as role_order,
        creditable.advisor_weight as role_weight,
        advisor_parts.weight
    from creditable
    inner join advisor_parts on creditable.moment_key = advisor_parts.moment_key
    where creditable.advisor_weight > 0
),

relationship_cells as (
    select
        creditable.split_key,
        'relationship' as role,
        owners.associate_id as recipient,
        case when owners.is_unknown then 'unknown_associate' end as reason,
        creditable.relationship_order as role_order,
        creditable.relationship_weight as role_weight,
        1 as weight
    from creditable
    inner join owners on creditable.moment_key = owners.moment_key
    where creditable.relationship_weight > 0
),

held_cells as (
    select * from seller_cells
    union all
    select * from advisor_cells
    union all
    select * from relationship_cells
),

held_roles as (
    select
        split_key,
        max(case when role = 'seller' then 1 else 0 end) as seller_held,
        max(case when role = 'advisor' then 1 else 0 end) as advisor_held,
        max(case when role = 'relationship' then 1 else 0 end) as relationship_held
    from held_cells
    group by split_key
),

-- Left to nobody: by policy, or because the customer is not known or is a house account.
unheld_cells as (
    {% for role in ['seller', 'advisor', 'relationship'] %}
    select
        creditable.split_key,
        '{{ role }}' as role,
        'house' as recipient,
        {% if role == 'seller' %}
        'unclaimed' as reason,
        {% else %}
        case
            when not creditable.is_identified then 'unidentified'
            when creditable.is_house_account then 'house_account'
            else 'unclaimed'
        end as reason,
        {% endif %}
        creditable.{{ role }}_order as role_order,
        creditable.{{ role }}_weight as role_weight,
        1 as weight
    from creditable
    inner join held_roles on creditable.split_key = held_roles.split_key
    where
        creditable.{{ role }}_weight > 0
        and held_roles.{{ role }}_held = 0
        and (
            creditable.unclaimed = 'house'
            {% if role != 'seller' %}
            or not creditable.is_identified
            or creditable.is_house_account
            {% endif %}
        )
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

undivided_cells as (
    select
        with_policy.split_key,
        cast(null as {{ dbt.type_string() }}) as role,
        'house' as recipient,
        case when with_policy.is_excluded then 'excluded_category' else 'no_role_held' end as reason,
        0 as role_order,
        1 as role_weight,
        1 as weight
    from with_policy
    left join held_roles on with_policy.split_key = held_roles.split_key
    where held_roles.split_key is null
),

cells as (
    select * from held_cells
    union all
    select * from unheld_cells
    union all
    select * from undivided_cells
),

final as (
    select
        split_key,
        role,
        recipient,
        reason,
        cast(role_order as bigint) as role_order,
        cast(role_weight as bigint) as role_weight,
        cast(weight as bigint) as weight
    from cells
)

select * from final
