"""What a valid policy tempts people to do; said by `incentives policy check`, never a refusal."""

from __future__ import annotations

from incentives.policies.fields import SECONDS_PER_DAY
from incentives.policies.model import Policy

HALF_LIFE_SECONDS_MIN = 3 * SECONDS_PER_DAY
# Integer decay keeps relative errors below 1e-6 up to here; older touches are worth less than 1/65,536.
HALF_LIVES_EXACT = 16


def policy_warnings(policy: Policy) -> tuple[str, ...]:
    """Return one sentence for each thing that a policy's author should have meant."""
    advisor, found = policy.advisor, []
    if policy.roles.get("advisor", 0):
        if not any(advisor.weights.values()):
            found.append("advisor.weights: no kind of interaction counts, so nobody can be an advisor.")
        if advisor.model == "last":
            found.append("advisor.model: `last` gives everything to whoever touches the client just before the purchase.")
        if advisor.model == "time_decay" and advisor.half_life_days is not None:
            if advisor.half_life_days < HALF_LIFE_SECONDS_MIN:
                found.append("advisor.half_life_days: below 3 days it pays to touch the client just before the purchase.")
            if advisor.lookback_days > HALF_LIVES_EXACT * advisor.half_life_days:
                found.append(
                    f"advisor.half_life_days: touches older than {HALF_LIVES_EXACT} half-lives are worth next to nothing."
                )
        if advisor.weights.get("outreach", 0) and not advisor.outreach_needs_response_days:
            found.append("advisor.outreach_needs_response_days: without it unanswered messages count.")
        if advisor.own_sale_hours in (None, 0):
            found.append("advisor.own_sale_hours: without it a seller's own touches at the till count as advice.")
        if not advisor.one_per_day and not advisor.max_per_order:
            found.append("advisor.one_per_day, advisor.max_per_order: without either, many small touches add up without end.")
    if policy.roles.get("relationship", 0) and policy.relationship.active_days is None:
        found.append("relationship.active_days: without it an owner is credited for ever, in touch or not.")
    return tuple(found)
