-- An assignment without an end ends where the person's next one begins.
select
    associate_id,
    team_id,
    role,
    location_id,
    manager_id,
    currency,
    fte_milli,
    valid_from,
    coalesce(
        valid_to,
        lead(valid_from) over (partition by associate_id order by valid_from)
    ) as valid_to
from {{ ref('stg_assignments') }}
where not is_withdrawn
