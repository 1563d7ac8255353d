"""The portal's ports onto the workspace's ledger: accounts, cycles, and the log of who read whose pay.

Reads share one opened ledger; acts go through the services, which open their own transaction and refuse in words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from incentives.errors import InputError
from incentives.ledger import access_log, sign_in
from incentives.ledger.engine import Ledger
from incentives.ledger.models import Account, PersonalToken
from incentives.ledger.questions import Asked, LineName
from incentives.ledger.states import Instruction
from incentives.periods import Period
from incentives.portal.ports import PayRead, SignInRefusedError, TokenRow
from incentives.portal.sight import Grant, Viewer
from incentives.services import accounts, cycles, questioning
from incentives.services.accounts import Person
from incentives.services.cycle_instructions import instruct_cycle
from incentives.services.cycle_outcomes import Checklist, open_points
from incentives.services.cycle_views import CycleStatus, CycleSummary, PersonTotal, StatementView
from incentives.workspace import Workspace

# Versions of cycles whose totals stay in memory.
TOTALS_KEPT = 8


class LedgerAccounts:
    """Who people are, from the ledger's accounts; a revoked account or role counts from the next request on."""

    def __init__(self, ws: Workspace, ledger: Ledger) -> None:
        self._ws = ws
        self._ledger = ledger

    def sign_in(self, login: str, password: str, at: datetime) -> Viewer:
        """Return the person whose password this is.

        Raises:
            SignInRefusedError: No such account, or not its password.
        """
        try:
            person = accounts.authenticate(self._ws, login, password, now=at, is_slowed=False)
        except accounts.AccessError as refused:
            raise SignInRefusedError(f"{refused.what[:1].upper()}{refused.what[1:]}") from refused
        return self._viewer(person, self._stamp(login))

    def viewer(self, login: str) -> Viewer | None:
        """Return the person of a live account with the roles in force now."""
        with self._ledger.reading() as session:
            known = sign_in.person_of_login(session, login)
        return self._viewer(known[0], _stamp_of(known[1])) if known is not None else None

    def display_name(self, person_id: str) -> str | None:
        """Return how the person's account calls them; None without an account or a name."""
        with self._ledger.reading() as session:
            named = select(Account.display_name).where(Account.person_id == person_id).order_by(Account.account_id)
            return session.scalars(named).first()

    def viewer_of_token(self, token: str, at: datetime) -> tuple[str, Viewer] | None:
        """Return login and person of a live personal token."""
        try:
            with self._ledger.reading() as session:
                person = sign_in.person_for_token(session, token, at=at)
                account = session.get(Account, person.account_id)
                login = account.login if account is not None else person.person_id
        except accounts.AccessError:
            return None
        return login, self._viewer(person, "")

    def tokens(self, login: str, at: datetime) -> Sequence[TokenRow]:
        """Return an account's tokens that are live at a moment, newest first."""
        with self._ledger.reading() as session:
            rows = session.scalars(
                select(PersonalToken)
                .join(Account, Account.account_id == PersonalToken.account_id)
                .where(Account.login == login, PersonalToken.revoked_at.is_(None), PersonalToken.expires_at > at)
                .order_by(PersonalToken.token_id.desc())
            )
            return tuple(TokenRow(row.token_id, row.prefix, row.issued_at, row.expires_at) for row in rows)

    def issue_token(self, login: str, at: datetime) -> tuple[str, datetime]:
        """Make a token, which is shown once, and return when it ends."""
        with self._ledger.act() as session:
            account = session.scalar(select(Account).where(Account.login == login, Account.revoked_at.is_(None)))
            person = sign_in.person_by_id(session, account.person_id) if account is not None else None
            if person is None:
                raise SignInRefusedError("The account is not live any more.")
            return sign_in.issue_token(session, person, at=at)

    def end_token(self, login: str, token_id: int, at: datetime) -> bool:
        """End one of an account's own tokens; False if it has no such token."""
        with self._ledger.act() as session:
            row = session.scalar(
                select(PersonalToken)
                .join(Account, Account.account_id == PersonalToken.account_id)
                .where(Account.login == login, PersonalToken.token_id == token_id, PersonalToken.revoked_at.is_(None))
            )
            if row is None:
                return False
            row.revoked_at = at
            return True

    def _viewer(self, person: Person, stamp: str) -> Viewer:
        grants = tuple(Grant(grant.role.value, grant.pay_group) for grant in person.grants)
        return Viewer(person.person_id, person.display_name or person.person_id, grants, f"{stamp}:{_digest(repr(grants))}")

    def _stamp(self, login: str) -> str:
        """Return a digest of the password's hash: a changed password ends the sessions from before."""
        with self._ledger.reading() as session:
            hashed = session.scalar(select(Account.password_hash).where(Account.login == login))
        return _stamp_of(hashed)


class LedgerCycles:
    """Cycles and statements; acts are the services' own."""

    def __init__(self, ws: Workspace, ledger: Ledger) -> None:
        self._ws = ws
        self._ledger = ledger
        self._totals: dict[tuple[str, str, int], Sequence[PersonTotal]] = {}

    def cycles(self) -> Sequence[CycleSummary]:
        """Return every cycle, newest period first."""
        found = cycles.list_cycles(self._ws)
        return sorted(found, key=lambda c: (Period.parse(c.period).start, c.pay_group), reverse=True)

    def status(self, pay_group: str, period: str) -> CycleStatus | None:
        """Return everything about one cycle, or None if it was never opened."""
        try:
            return cycles.cycle_status(self._ws, Period.parse(period), pay_group)
        except InputError:
            return None

    def summary(self, pay_group: str, period: str) -> CycleSummary | None:
        """Return one cycle as the list shows it, or None if it was never opened."""
        try:
            return cycles.cycle_summary(self._ws, Period.parse(period), pay_group)
        except InputError:
            return None

    def totals(self, cycle: CycleSummary) -> Sequence[PersonTotal]:
        """Return what each person is due by the version of a cycle that a summary tells of, by plan and currency."""
        if cycle.version is None:
            return ()
        # A version never changes once it is calculated, and finance turns its pages.
        asked = (cycle.pay_group, cycle.period, cycle.version)
        known = self._totals.get(asked)
        if known is None:
            known = cycles.totals_of_cycle(self._ws, Period.parse(cycle.period), cycle.pay_group, version=cycle.version)
            if len(self._totals) >= TOTALS_KEPT:
                self._totals.clear()
            self._totals[asked] = known
        return known

    def statements_of(self, associate_id: str) -> Sequence[StatementView]:
        """Return the statements that a person may see themself, latest period first, without their traces."""
        return cycles.statements_of(self._ws, associate_id)

    def statement(self, number: str) -> StatementView | None:
        """Return one statement of its cycle's current version with its trace."""
        try:
            return cycles.statement(self._ws, number)
        except InputError:
            return None

    def act(
        self, login: str, pay_group: str, period: str, act: str, *, reason: str, digest: str, until: datetime | None, at: datetime
    ) -> None:
        """Do an act on a cycle as the person of an account; refusals say what is in the way."""
        by, of = _person(self._ledger, login), Period.parse(period)
        match act:
            case "calculate":
                cycles.calculate_cycle(self._ws, of, pay_group=pay_group, by=by, now=at)
            case "review":
                cycles.review_cycle(self._ws, of, pay_group=pay_group, by=by, now=at, review_until=until)
            case "approve":
                cycles.approve_cycle(self._ws, of, pay_group=pay_group, by=by, now=at, digest=digest)
            case "send_back":
                cycles.send_back_cycle(self._ws, of, pay_group=pay_group, by=by, now=at, reason=reason)
            case "lock":
                cycles.lock_cycle(self._ws, of, pay_group=pay_group, by=by, now=at)
            case "export":
                cycles.export_cycle(self._ws, of, pay_group=pay_group, by=by, now=at)
            case _:
                raise InputError(f"'{act}' is not an act on a cycle.")

    def checklist(self, pay_group: str, period: str) -> Checklist | None:
        """Return what stands between a calculated cycle and its approval, without the checks of each statement; None before a calculation."""
        try:
            return open_points(self._ws, Period.parse(period), pay_group)
        except InputError:
            return None

    def waive(self, login: str, pay_group: str, period: str, item: str, *, reason: str, at: datetime) -> None:
        """Waive an item of the checklist as the person of an account; refusals say what is in the way."""
        by, of = _person(self._ledger, login), Period.parse(period)
        instruct_cycle(self._ws, of, Instruction.WAIVE, item, pay_group=pay_group, by=by, now=at, reason=reason)


class LedgerQuestions:
    """What people ask about their statements; the services' own acts."""

    def __init__(self, ws: Workspace, ledger: Ledger) -> None:
        self._ws = ws
        self._ledger = ledger

    def visible(self, login: str, at: datetime) -> Sequence[Asked]:
        """Return a person's own questions, those of whom they lead today, and of pay groups whose finance they are; oldest first."""
        return questioning.list_questions(self._ws, _person(self._ledger, login), now=at)

    def ask(self, login: str, statement: str, text: str, order_line: LineName | None, at: datetime) -> None:
        """Ask about a statement of one's own, or about one order line (source, order, line) that it should hold."""
        questioning.ask_question(self._ws, statement, text, by=_person(self._ledger, login), now=at, order_line=order_line)

    def answer(self, login: str, question_id: int, text: str, at: datetime) -> None:
        """Answer a question."""
        questioning.answer_question(self._ws, question_id, text, by=_person(self._ledger, login), now=at)

    def decide(self, login: str, question_id: int, outcome: str, reason: str, more: Mapping[str, str], at: datetime) -> None:
        """Decide a question: declined, goodwill (amount, period) or re_credit (sellers)."""
        by = _person(self._ledger, login)
        match outcome:
            case "declined":
                questioning.decline_question(self._ws, question_id, reason, by=by, now=at)
            case "goodwill":
                period = Period.parse(more.get("period", ""))
                questioning.decide_goodwill(self._ws, question_id, more.get("amount", ""), period, reason, by=by, now=at)
            case "re_credit":
                questioning.decide_re_credit(self._ws, question_id, more.get("sellers", ""), reason, by=by, now=at)
            case _:
                raise InputError(f"'{outcome}' is no way to decide a question.")


def _person(ledger: Ledger, login: str) -> Person:
    """Return the person of a live account.

    Raises:
        InputError: The account is not live any more.
    """
    with ledger.reading() as session:
        account = session.scalar(select(Account).where(Account.login == login, Account.revoked_at.is_(None)))
        person = sign_in.person_by_id(session, account.person_id) if account is not None else None
    if person is None:
        raise InputError("the account is not live any more.")
    return person


class LedgerAccessLog:
    """Who read whose pay."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def record(self, reader_id: str, subjects: Sequence[str], purpose: str, at: datetime) -> None:
        """Remember a look; when this fails the page is refused."""
        access_log.record_reads(self._ledger, reader_id, subjects, purpose, at=at)

    def about(self, person_id: str, since: datetime) -> Sequence[PayRead]:
        """Return who looked at a person's pay, newest first."""
        with self._ledger.reading() as session:
            reads = access_log.reads_about(session, person_id, since)
        return tuple(PayRead(read.reader_id, read.purpose, read.at) for read in reads)


def _stamp_of(password_hash: str | None) -> str:
    return _digest(password_hash or "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
