"""The states of a bonus cycle and the acts that lead from one to the next; pure.

`open -> calculated -> in_review -> approved -> locked -> exported`. A calculated or reviewed cycle may be calculated
again (a new version), an approved one sent back with a reason; a locked one never changes.
"""

from __future__ import annotations

from enum import StrEnum

from incentives.errors import InputError


class CycleState(StrEnum):
    """Where a cycle stands."""

    OPEN = "open"
    CALCULATED = "calculated"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    LOCKED = "locked"
    EXPORTED = "exported"


class Act(StrEnum):
    """What a person, or for a calculation a job, does to a cycle."""

    OPEN = "open"
    CALCULATE = "calculate"
    REVIEW = "review"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    LOCK = "lock"
    EXPORT = "export"


class Instruction(StrEnum):
    """What a person instructs of a cycle before its approval; it moves the cycle to no other state."""

    HOLD = "hold"
    RELEASE = "release"
    WRITE_OFF = "write_off"
    WAIVE = "waive"


TRANSITIONS: dict[tuple[CycleState, Act], CycleState] = {
    (CycleState.OPEN, Act.CALCULATE): CycleState.CALCULATED,
    (CycleState.CALCULATED, Act.CALCULATE): CycleState.CALCULATED,
    (CycleState.IN_REVIEW, Act.CALCULATE): CycleState.CALCULATED,
    (CycleState.CALCULATED, Act.REVIEW): CycleState.IN_REVIEW,
    (CycleState.IN_REVIEW, Act.APPROVE): CycleState.APPROVED,
    (CycleState.APPROVED, Act.SEND_BACK): CycleState.CALCULATED,
    (CycleState.APPROVED, Act.LOCK): CycleState.LOCKED,
    (CycleState.LOCKED, Act.EXPORT): CycleState.EXPORTED,
}

# Giving somebody an amount outside worth; crediting a line otherwise, on somebody's question; putting a record right.
GOODWILL, RE_CREDIT, CORRECTION = "goodwill", "re_credit", "correction"

# Who did one of these shaped what is paid, and so does not approve it. Approving and sending back shape nothing.
SHAPING_ACTS: frozenset[str] = frozenset(
    {Act.OPEN.value, Act.CALCULATE.value, Act.REVIEW.value, GOODWILL, CORRECTION, RE_CREDIT, *map(str, Instruction)}
)

# While a cycle is in one of these, finance instructs what its payout is made of.
INSTRUCTABLE_STATES = frozenset({CycleState.CALCULATED, CycleState.IN_REVIEW})

# From here on a cycle's statements are final.
FINAL_STATES = frozenset({CycleState.LOCKED, CycleState.EXPORTED})


class StateError(InputError):
    """The act does not lead on from the state that the cycle is in."""


def state_after(state: CycleState, act: Act, *, subject: str) -> CycleState:
    """Return the state that an act leads to.

    Raises:
        StateError: The act is not possible now; says which acts are.
    """
    following = TRANSITIONS.get((state, act))
    if following is None:
        raise StateError(f"the cycle is {state.value}; `{act.value}` is not possible now.", where=subject, remedy=_remedy(state))
    return following


def acts_possible(state: CycleState) -> tuple[Act, ...]:
    """Return the acts that lead on from a state, in the order in which they are used."""
    return tuple(act for act in Act if (state, act) in TRANSITIONS)


def _remedy(state: CycleState) -> str:
    possible = " or ".join(f"`{act.value}`" for act in acts_possible(state))
    return f"Possible now: {possible}." if possible else "Nothing can change it any more."
