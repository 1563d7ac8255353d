"""What the portal needs from the operational store, as it asks for it; the ledger answers, tests may stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from incentives.errors import IncentivesError
from incentives.ledger.questions import Asked, LineName
from incentives.portal.sight import Viewer
from incentives.services.cycle_outcomes import Checklist
from incentives.services.cycle_views import CycleStatus, CycleSummary, PersonTotal, StatementView


class SignInRefusedError(IncentivesError):
    """Not the person's password, or no such account; which of them is not said."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A personal token as its owner sees it: named by its first characters."""

    token_id: int
    prefix: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PayRead:
    """Somebody looked at a person's pay."""

    reader_id: str
    purpose: str
    at: datetime


class Accounts(Protocol):
    """Who people are."""

    def sign_in(self, login: str, password: str, at: datetime) -> Viewer:
        """Return the person whose password this is; raises SignInRefusedError."""

    def viewer(self, login: str) -> Viewer | None:
        """Return the person of a live account with the roles in force now."""

    def display_name(self, person_id: str) -> str | None:
        """Return how the person's account calls them; None without an account or a name."""

    def viewer_of_token(self, token: str, at: datetime) -> tuple[str, Viewer] | None:
        """Return login and person of a live personal token."""

    def tokens(self, login: str, at: datetime) -> Sequence[TokenRow]:
        """Return an account's tokens that are live at a moment, newest first."""

    def issue_token(self, login: str, at: datetime) -> tuple[str, datetime]:
        """Make a token, which is shown once, and return when it ends."""

    def end_token(self, login: str, token_id: int, at: datetime) -> bool:
        """End one of an account's own tokens; False if it has no such token."""


class Cycles(Protocol):
    """Cycles and statements; acts raise errors that say what is in the way."""

    def cycles(self) -> Sequence[CycleSummary]:
        """Return every cycle, newest period first."""

    def status(self, pay_group: str, period: str) -> CycleStatus | None:
        """Return everything about one cycle, or None if it was never opened."""

    def summary(self, pay_group: str, period: str) -> CycleSummary | None:
        """Return one cycle as the list shows it, or None if it was never opened."""

    def totals(self, cycle: CycleSummary) -> Sequence[PersonTotal]:
        """Return what each person is due by the version of a cycle that a summary tells of, by plan and currency."""

    def statements_of(self, associate_id: str) -> Sequence[StatementView]:
        """Return the statements that a person may see themself, latest period first, without their traces."""

    def statement(self, number: str) -> StatementView | None:
        """Return one statement of its cycle's current version with its trace."""

    def act(
        self, login: str, pay_group: str, period: str, act: str, *, reason: str, digest: str, until: datetime | None, at: datetime
    ) -> None:
        """Do an act on a cycle as the person of an account; refusals say what is in the way."""

    def checklist(self, pay_group: str, period: str) -> Checklist | None:
        """Return what stands between a calculated cycle and its approval, without the checks of each statement; None before a calculation."""

    def waive(self, login: str, pay_group: str, period: str, item: str, *, reason: str, at: datetime) -> None:
        """Waive an item of the checklist as the person of an account; refusals say what is in the way."""


class Questions(Protocol):
    """What people ask about their statements; refusals say what is in the way."""

    def visible(self, login: str, at: datetime) -> Sequence[Asked]:
        """Return a person's own questions, those of whom they lead today, and of pay groups whose finance they are; oldest first."""

    def ask(self, login: str, statement: str, text: str, order_line: LineName | None, at: datetime) -> None:
        """Ask about a statement of one's own, or about one order line (source, order, line) that it should hold."""

    def answer(self, login: str, question_id: int, text: str, at: datetime) -> None:
        """Answer a question."""

    def decide(self, login: str, question_id: int, outcome: str, reason: str, more: Mapping[str, str], at: datetime) -> None:
        """Decide a question: declined, goodwill (amount, period) or re_credit (sellers)."""


class AccessLog(Protocol):
    """Who read whose pay; kept twelve months and shown to the person."""

    def record(self, reader_id: str, subjects: Sequence[str], purpose: str, at: datetime) -> None:
        """Remember a look; when this fails the page is refused."""

    def about(self, person_id: str, since: datetime) -> Sequence[PayRead]:
        """Return who looked at a person's pay, newest first."""
