"""A cycle's way from open to exported, and what is refused on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select
from support_ledger import ANNA, APRIL, BORIS, CLARA, MARCH, NIGHTLY, NOON, Desk, desk, draft_statement
from support_stores import STORES, new_place

from incentives.errors import InputError
from incentives.ledger.access import AccessError
from incentives.ledger.audit import Actor
from incentives.ledger.heads import acts_of
from incentives.ledger.models import Calculation, JournalEntry, PayrollLine, Posting
from incentives.ledger.postings import LedgerAccount
from incentives.ledger.statements import read_statements
from incentives.ledger.states import StateError


@pytest.fixture(params=STORES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with desk(new_place(request.param, tmp_path)) as opened:
        yield opened


def _count(office: Desk, table: type) -> int:
    with office.ledger.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_cycle_passes_every_state_in_order_and_posts_nothing_before_the_lock(office: Desk) -> None:
    states = [office.open().state]
    states.append(office.calculate([draft_statement("a1", 500_00), draft_statement("a2", 120_50)]).state)
    states.append(office.review().state)
    states.append(office.approve().state)
    posted_before = _count(office, Posting)
    states.append(office.lock().state)
    office.export()
    states.append(office.head().state)

    assert states == ["open", "calculated", "in_review", "approved", "locked", "exported"]
    assert posted_before == 0
    # Two earnings and two payments, of two postings each.
    assert (_count(office, JournalEntry), _count(office, Posting)) == (4, 8)


def test_the_postings_of_a_locked_cycle_are_what_was_earned_and_what_was_sent_to_payroll(office: Desk) -> None:
    office.whole_way([draft_statement("a1", 500_00), draft_statement("a2", 120_50)])

    with office.ledger.reading() as session:
        rows = session.execute(
            select(JournalEntry.kind, Posting.associate_id, Posting.account, Posting.amount_minor)
            .join(Posting, Posting.entry_id == JournalEntry.entry_id)
            .order_by(Posting.posting_id)
        ).all()

    assert [tuple(row) for row in rows] == [
        ("earning", "a1", "incentive_expense", 50000),
        ("earning", "a1", "associate_payable", -50000),
        ("earning", "a2", "incentive_expense", 12050),
        ("earning", "a2", "associate_payable", -12050),
        ("payment", "a1", "associate_payable", 50000),
        ("payment", "a1", "payroll_clearing", -50000),
        ("payment", "a2", "associate_payable", 12050),
        ("payment", "a2", "payroll_clearing", -12050),
    ]


@pytest.mark.parametrize("act", ["review", "approve", "lock", "send_back", "export"])
def test_an_act_that_does_not_lead_on_is_refused_and_says_what_does(office: Desk, act: str) -> None:
    office.open()
    if act == "send_back":
        office.calculate([draft_statement("a1", 100)])

    with pytest.raises((StateError, InputError)) as refused:
        getattr(office, act)()

    assert "calculate" in str(refused.value)


def test_calculating_again_makes_a_new_version_and_keeps_the_old_one(office: Desk) -> None:
    office.open()
    first = office.calculate([draft_statement("a1", 500_00)])
    second = office.calculate([draft_statement("a1", 510_00)])

    with office.ledger.reading() as session:
        versions = [row.calculation_id for row in session.scalars(select(Calculation).order_by(Calculation.version))]
        worths = [[row.worth_minor for row in read_statements(session, number)] for number in versions]

    assert (first.version, second.version) == (1, 2)
    assert first.digest != second.digest
    assert worths == [[50000], [51000]]


def test_whoever_calculated_any_version_cannot_approve(office: Desk) -> None:
    office.open(CLARA)
    office.calculate([draft_statement("a1", 500_00)], BORIS)
    office.calculate([draft_statement("a1", 510_00)], ANNA)
    office.review(ANNA)

    for person in (ANNA, BORIS, CLARA):
        with pytest.raises(AccessError, match="made an act in this cycle"):
            office.approve(person)


def test_a_second_account_of_the_same_person_is_the_same_person(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 500_00)])
    office.review()

    with pytest.raises(AccessError, match="anna made an act"):
        office.approve(Actor("anna", "person", 77))


def test_a_job_may_calculate_and_nothing_else(office: Desk) -> None:
    with pytest.raises(AccessError, match="for a person"):
        office.open(NIGHTLY)
    office.open()
    office.calculate([draft_statement("a1", 500_00)], NIGHTLY)

    with pytest.raises(AccessError, match="for a person"):
        office.review(NIGHTLY)
    office.review(ANNA)
    with pytest.raises(AccessError, match="for a person"):
        office.approve(NIGHTLY)
    office.approve(BORIS)
    for act in (office.lock, office.send_back):
        with pytest.raises(AccessError, match="for a person"):
            act(NIGHTLY)


def test_nobody_acts_on_a_cycle_that_pays_them(office: Desk) -> None:
    office.open()
    with pytest.raises(AccessError, match="anna is paid by this cycle"):
        office.calculate([draft_statement("anna", 500_00)], ANNA)
    office.calculate([draft_statement("boris", 500_00)], ANNA)
    with pytest.raises(AccessError, match="boris is paid by this cycle"):
        office.review(BORIS)
    office.review(ANNA)
    with pytest.raises(AccessError, match="boris is paid by this cycle"):
        office.approve(BORIS)

    assert office.head().version == 1


def test_an_approval_names_the_version_that_is_current(office: Desk) -> None:
    office.open()
    old = office.calculate([draft_statement("a1", 500_00)]).digest
    new = office.calculate([draft_statement("a1", 510_00)]).digest
    office.review()
    assert old is not None
    assert new is not None

    with pytest.raises(StateError, match="not that of the current version"):
        office.approve(digest=old)
    approved = office.approve(digest=new[:12])

    assert approved.digest == new


def test_nobody_approves_before_people_could_ask(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 500_00)])
    office.review(until=NOON + timedelta(days=2))

    with pytest.raises(StateError, match="may ask"):
        office.approve()
    office.now = NOON + timedelta(days=2)

    assert office.approve().state == "approved"


def test_an_approved_cycle_is_sent_back_with_a_reason_and_calculated_again(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 500_00)])
    office.review()
    office.approve()

    with pytest.raises(InputError, match="a reason is needed"):
        office.send_back(reason="  ")
    back = office.send_back(reason="Store 12 is missing.")
    office.calculate([draft_statement("a1", 520_00)])
    office.review()
    approved = office.approve()

    assert back.state == "calculated"
    assert (approved.state, approved.version) == ("approved", 2)


def test_a_locked_cycle_never_changes(office: Desk) -> None:
    office.whole_way([draft_statement("a1", 500_00)])

    for act in (office.review, office.approve, office.lock, office.send_back):
        with pytest.raises(StateError, match="Nothing can change it"):
            act()
    with pytest.raises(StateError, match="Nothing can change it"):
        office.calculate([draft_statement("a1", 1)])
    with pytest.raises(StateError, match="was opened before"):
        office.open()


def test_the_cycles_of_a_calendar_lock_in_order(office: Desk) -> None:
    office.open()
    office.open(period=APRIL)
    office.calculate([draft_statement("a1", 500_00, period=APRIL)], period=APRIL)
    office.review(period=APRIL)
    office.approve(period=APRIL)

    with pytest.raises(StateError, match="2026-03 is not locked"):
        office.lock(period=APRIL)


def test_a_gap_between_locked_periods_is_refused_because_it_could_never_be_paid(office: Desk) -> None:
    office.whole_way([draft_statement("a1", 500_00)])
    may = APRIL.next()
    office.open(period=may)
    office.calculate([draft_statement("a1", 500_00, period=may)], period=may)
    office.review(period=may)
    office.approve(period=may)

    with pytest.raises(StateError, match="no cycle between 2026-03"):
        office.lock(period=may)


def test_a_period_before_a_locked_one_is_not_opened(office: Desk) -> None:
    office.whole_way([draft_statement("a1", 500_00)])

    with pytest.raises(InputError, match="2026-03 is locked"):
        office.open(period=MARCH.previous())


def test_another_act_during_a_calculation_wins_and_the_calculation_is_told(office: Desk) -> None:
    office.open()
    seen = office.head().sequence
    office.calculate([draft_statement("a1", 500_00)], BORIS)

    with pytest.raises(StateError, match="boris acted on the cycle while it was calculated"):
        office.calculate([draft_statement("a1", 499_00)], ANNA, expected=seen)

    assert office.head().version == 1


def test_a_refused_act_leaves_nothing_behind(office: Desk) -> None:
    office.open()
    with pytest.raises(AccessError):
        office.calculate([draft_statement("anna", 500_00)], ANNA)

    with office.ledger.reading() as session:
        acts = [act.act for act in acts_of(session, office.head().cycle_id)]

    assert acts == ["open"]
    assert _count(office, Calculation) == 0


def test_what_a_person_owes_is_carried_into_the_next_cycle_and_taken_there_once(office: Desk) -> None:
    # March -80.00 for a1: nothing to pay. April 300.00: 220.00 is paid. May 10.00: 10.00 is paid.
    may = APRIL.next()
    march = office.whole_way([draft_statement("a1", -80_00), draft_statement("a2", 10_00)])
    april = office.whole_way([draft_statement("a1", 300_00, period=APRIL)], APRIL)
    later = office.whole_way([draft_statement("a1", 10_00, period=may)], may)

    def rows(file: object) -> list[tuple[str, str, int]]:
        return [(line.associate_id, line.pay_element, line.amount_minor) for line in file.lines]  # type: ignore[attr-defined]

    assert rows(march) == [("a2", "BONUS", 10_00)]
    assert rows(april) == [("a1", "BONUS", 300_00), ("a1", "CARRIED_FORWARD", -80_00)]
    assert rows(later) == [("a1", "BONUS", 10_00)]


def test_oca_negative_settlement_joined_comes_to_nothing(office: Desk) -> None:
    cases = json.loads((Path(__file__).parents[1] / "oracles" / "peer_cases.json").read_text())
    case = next(case for case in cases if case["id"] == "oca-negative-settlement-joined")
    first, second = (round(amount * 100) for amount in case["inputs"]["settlements"])

    office.whole_way([draft_statement("a1", first)])
    april = office.whole_way([draft_statement("a1", 0, settled_minor=-second), draft_statement("a2", 1, period=APRIL)], APRIL)

    # What was paid in March is owed in April: the two settlements together are what the person has earned.
    assert [line.associate_id for line in april.lines] == ["a2"]
    with office.ledger.reading() as session:
        earned = session.scalar(
            select(func.sum(Posting.amount_minor)).where(
                Posting.associate_id == "a1", Posting.account == LedgerAccount.EXPENSE.value
            )
        )
    assert earned == round(case["expected"]["joined_invoice_total"] * 100)


def test_an_adjustment_of_an_earlier_period_is_a_row_of_its_own(office: Desk) -> None:
    office.whole_way([draft_statement("a1", 500_00)])
    # March is worth 450.00 by now and 500.00 of it is settled, so April carries -50.00.
    file = office.whole_way(
        [draft_statement("a1", 450_00, settled_minor=500_00), draft_statement("a1", 300_00, period=APRIL)], APRIL
    )

    assert [(line.pay_element, line.amount_minor) for line in file.lines] == [("ADJUSTMENT_2026-03", -50_00), ("BONUS", 300_00)]
    with office.ledger.reading() as session:
        kinds = session.execute(
            select(JournalEntry.kind, Posting.amount_minor)
            .join(Posting, Posting.entry_id == JournalEntry.entry_id)
            .where(Posting.account == "incentive_expense")
            .order_by(Posting.posting_id)
        ).all()
    assert [tuple(row) for row in kinds] == [("earning", 50000), ("adjustment", -5000), ("earning", 30000)]


def test_exporting_twice_gives_the_same_bytes_and_pays_once(office: Desk) -> None:
    first = office.whole_way([draft_statement("a1", 500_00), draft_statement("a1", 70, currency="JPY", plan="tokyo")])
    entries = _count(office, JournalEntry)
    second = office.export(CLARA)

    assert (first.repeated, second.repeated) == (False, True)
    assert (first.content, first.control) == (second.content, second.control)
    assert _count(office, JournalEntry) == entries
    assert first.content.decode().splitlines() == [
        "period,pay_group,person_id,pay_element,currency,amount",
        "2026-03,main,a1,BONUS,EUR,500.00",
        "2026-03,main,a1,BONUS,JPY,70",
    ]


def test_an_export_waits_for_the_cycle_before_it(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", -80_00)])
    office.review()
    office.approve()
    office.lock()
    office.open(period=APRIL)
    office.calculate([draft_statement("a1", 300_00, period=APRIL)], period=APRIL)
    office.review(period=APRIL)
    office.approve(period=APRIL)
    office.lock(period=APRIL)

    with pytest.raises(StateError, match="2026-03 is locked and not exported"):
        office.export(period=APRIL)


def test_text_that_a_spreadsheet_would_run_is_escaped_and_amounts_are_not(office: Desk) -> None:
    office.whole_way([draft_statement("=1+1", 500_00)])
    file = office.whole_way(
        [draft_statement("=1+1", 450_00, settled_minor=500_00), draft_statement("=1+1", 90_00, period=APRIL)], APRIL
    )

    assert file.content.decode().splitlines()[1:] == [
        "2026-04,main,'=1+1,ADJUSTMENT_2026-03,EUR,-50.00",
        "2026-04,main,'=1+1,BONUS,EUR,90.00",
    ]


def test_a_statement_of_nothing_is_kept_and_posts_nothing(office: Desk) -> None:
    file = office.whole_way([draft_statement("a1", 0)])

    assert file.lines == ()
    assert (_count(office, JournalEntry), _count(office, PayrollLine)) == (0, 0)
    assert office.head().state == "exported"


def test_a_person_with_several_statements_has_each_under_its_own_number(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 1), draft_statement("a1", 2, plan="spiff"), draft_statement("a2", 3)])

    with office.ledger.reading() as session:
        calculation = session.scalars(select(Calculation)).one()
        numbers = [(row.number, row.plan) for row in read_statements(session, calculation.calculation_id)]

    assert numbers == [("2026-03/main/a1", "sales"), ("2026-03/main/a1/2", "spiff"), ("2026-03/main/a2", "sales")]


@pytest.mark.parametrize(("act", "other"), [("lock", "lock"), ("lock", "send_back"), ("send_back", "lock")])
def test_of_two_acts_at_the_same_moment_one_wins_and_the_other_is_told(office: Desk, act: str, other: str) -> None:
    office.open()
    office.calculate([draft_statement(f"a{number:03}", 100) for number in range(50)])
    office.review()
    office.approve()
    start = Barrier(2)

    def attempt(name: str, person: Actor) -> str:
        start.wait()
        try:
            getattr(office, name)(person)
        except StateError as error:
            return f"told: {error}"
        return "won"

    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(attempt, act, BORIS), pool.submit(attempt, other, CLARA)]
        outcomes = sorted(result.result() for result in results)

    told, won = outcomes
    assert won == "won"
    assert "is not possible now" in told
    assert _count(office, JournalEntry) in (0, 50)
