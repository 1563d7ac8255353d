select
    associate_id,
    team_id,
    role,
    location_id,
    manager_id,
    currency,
    fte_milli,
    valid_from,
    valid_to
from {{ ref('int_assignments_closed') }}
