"""The ledger with 100,000 people: what a status costs, a lock, and the proof of everything that was posted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import Bench
from benchmarks.figures import Bar, Figure, Taken

if TYPE_CHECKING:
    from incentives.ledger.drafts import StatementDraft
    from incentives.ledger.engine import Ledger
    from incentives.periods import Period

_PEOPLE = 100_000
_AT = datetime(2026, 4, 2, 12, tzinfo=UTC)
# Exported cycles before the one that is locked: 10 million postings at L, a tenth of it elsewhere.
_CYCLES = {"L": 25}
_CYCLES_ELSEWHERE = 3


def make_ledgers(bench: Bench) -> None:
    """Write a ledger of exported cycles with an approved one after them."""
    bench.keep("ledger", lambda target: _fill(target, _cycles(bench)), Path(__file__))


def ask_status(bench: Bench) -> Taken:
    """Read a cycle's status: totals, acts, exceptions, what blocks."""
    from incentives.ledger import heads
    from incentives.ledger.engine import Ledger
    from incentives.services.cycle_reads import status_of
    from incentives.services.workspaces import create_workspace

    ws = create_workspace(bench.scratch / "workspace", name="Status")
    with Ledger.open(bench.folder / "ledger" / "ledger.db") as ledger, bench.timed() as span, ledger.reading() as session:
        status = status_of(ws, session, heads.find(session, "main", _period(_cycles(bench))))
    return Taken(span.taken.value, span.taken.cpu_s, {"people": float(status.summary.people)})


def lock(bench: Bench) -> Taken:
    """Lock an approved cycle, with its commit."""
    from incentives.ledger import cycles, heads
    from incentives.ledger.audit import Actor
    from incentives.ledger.engine import Ledger

    path = Path(shutil.copy(bench.folder / "ledger" / "ledger.db", bench.scratch / "locked.db"))
    with Ledger.open(path) as ledger, bench.timed() as span, ledger.act() as session:
        cycles.lock(session, Actor("clara", "person", 3), heads.find(session, "main", _period(_cycles(bench))), at=_AT)
    return Taken(span.taken.value, span.taken.cpu_s)


def verify_all(bench: Bench) -> Taken:
    """Verify chain, statements and every posting."""
    from incentives.ledger.engine import Ledger
    from incentives.ledger.verifying import verify_ledger

    with Ledger.open(bench.folder / "ledger" / "ledger.db") as ledger, bench.timed() as span:
        done = verify_ledger(ledger)
    assert not done.findings, done.findings[0]
    postings = 2.0 * done.entries
    return Taken(
        span.taken.value, span.taken.cpu_s, {"postings": postings, "postings for each second": postings / span.taken.value}
    )


def _cycles(bench: Bench) -> int:
    return _CYCLES.get(bench.size.name, _CYCLES_ELSEWHERE)


def _period(number: int) -> Period:
    from incentives.periods import Period

    period = Period.parse("2020-01")
    for _ in range(number):
        period = period.next()
    return period


def _fill(folder: Path, exported: int) -> None:
    from incentives.ledger import cycles, exports, heads
    from incentives.ledger.audit import Actor
    from incentives.ledger.cycles import PayGroupTerms
    from incentives.ledger.drafts import CalculationDraft
    from incentives.ledger.engine import Ledger

    anna, boris = Actor("anna", "person", 1), Actor("boris", "person", 2)
    folder.mkdir(parents=True, exist_ok=True)
    terms = PayGroupTerms("main", "Maison SA", "FR", "EUR")
    with Ledger.open(folder / "ledger.db") as ledger:
        for number in range(exported + 1):
            period = _period(number)
            with ledger.act() as session:
                head = cycles.open_cycle(session, anna, terms, period, at=_AT)
                draft = CalculationDraft(1, {"last_load": 1, "inputs": {}}, (), _statements(period))
                head = cycles.record_calculation(session, anna, head, draft, expected_sequence=head.sequence, at=_AT)
                head = cycles.review(session, anna, head, at=_AT, review_until=None)
            with ledger.act() as session:
                cycles.approve(session, boris, heads.find(session, "main", period), at=_AT, digest=None)
            if number < exported:
                with ledger.act() as session:
                    cycles.lock(session, boris, heads.find(session, "main", period), at=_AT)
                with ledger.act() as session:
                    exports.export(session, boris, heads.find(session, "main", period), is_demo=False, at=_AT)
        _checkpoint(ledger)


def _checkpoint(ledger: Ledger) -> None:
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _statements(period: Period) -> Iterator[StatementDraft]:
    """Yield one statement for each person, of two components and a trace of three steps; amounts vary by a fixed rule."""
    from incentives.ledger.drafts import ComponentDraft, StatementDraft

    window = (period.start.isoformat(), period.end.isoformat())
    for number in range(_PEOPLE):
        worth = 100_00 + number * 7 % 400_00
        parts = tuple(
            ComponentDraft(name, "credited_revenue", "money", *window, worth * 100, 10_000_00, "7/8", amount)
            for name, amount in (("sales", worth - 50_00), ("advice", 50_00))
        )
        steps = tuple(
            {
                "sequence": place,
                "component": "total",
                "step": step,
                "label": step,
                "inputs": {},
                "output": f"{worth // 100}.{worth % 100:02}",
                "unit": "money",
            }
            for place, step in enumerate(("total", "total_cap", "worth"), 1)
        )
        yield StatementDraft(f"A{number:06}", "sales", 1, "", period.label, "EUR", worth, 0, parts, steps)


FIGURES = (
    Figure(
        name="ledger-status",
        title="status and totals of a cycle of 100,000 people",
        act=ask_status,
        prepare=make_ledgers,
        bars=dict.fromkeys(("XS", "S", "L"), Bar(value_max=2)),
    ),
    Figure(
        name="ledger-lock",
        title="lock of a cycle of 100,000 people",
        act=lock,
        prepare=make_ledgers,
        bars=dict.fromkeys(("XS", "S", "L"), Bar(value_max=30)),
    ),
    Figure(
        name="ledger-verify",
        title="verify of 10 million postings at L, of 1.2 million at a smaller size",
        act=verify_all,
        prepare=make_ledgers,
        bars=dict.fromkeys(("XS", "S"), Bar(value_max=14.4)) | {"L": Bar(value_max=120)},
    ),
)
