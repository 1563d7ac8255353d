select
    team_id,
    answers,
    score_centi,
    month
from {{ ref('int_team_pulse') }}
