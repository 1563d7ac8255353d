"""What the database itself refuses, and what `verify` names when its guards were removed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from support_ledger import ANNA, APPEND_ONLY, APRIL, NOON, Desk, desk, draft_statement

from incentives.errors import InputError
from incentives.ledger.audit import append_event
from incentives.ledger.engine import Ledger
from incentives.ledger.integrity import Verified, verify
from incentives.ledger.migrations.run import downgrade, upgrade
from incentives.ledger.models import Base
from incentives.ledger.postings import EntryDraft, EntryKind, LedgerAccount, PostingDraft, UnbalancedEntryError, prepare_entries
from incentives.ledger.verifying import verify_ledger


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with an exported March and an adjustment of it in an exported April."""
    path = tmp_path_factory.mktemp("locked") / "ledger.db"
    with desk(path) as office:
        office.whole_way([draft_statement("a1", 500_00), draft_statement("a2", 120_50)])
        office.whole_way(
            [draft_statement("a1", 450_00, settled_minor=500_00), draft_statement("a1", 300_00, period=APRIL)], APRIL
        )
        with office.ledger.act() as session:
            append_event(session, ANNA, "note", "2026-03/main", at=office.tick(), details={}, reason="Called the store.")
    return path


@pytest.fixture
def copy(locked: Path, tmp_path: Path) -> Path:
    """A copy without guards."""
    path = tmp_path / "ledger.db"
    shutil.copy(locked, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as client:
        for (name,) in client.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            client.execute(f'drop trigger "{name}"')
    return path


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "new.db") as opened:
        yield opened


def _refused(path: Path, sql: str) -> str:
    with closing(sqlite3.connect(path, isolation_level=None)) as client:
        with pytest.raises(sqlite3.DatabaseError) as refused:
            client.execute(sql)
        return str(refused.value)


def _change(path: Path, *statements: str) -> Verified:
    with closing(sqlite3.connect(path, isolation_level=None)) as client:
        for sql in statements:
            assert client.execute(sql).rowcount > 0, sql
    with Ledger.open(path) as ledger, ledger.reading() as session:
        return verify(session)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_database_refuses_to_change_delete_or_replace_a_row(locked: Path, table: str) -> None:
    with closing(sqlite3.connect(locked)) as client:
        columns = [row[1] for row in client.execute(f"pragma table_info({table})")]

    assert "never changed" in _refused(locked, f"update {table} set {columns[-1]} = {columns[-1]}")
    assert "never deleted" in _refused(locked, f"delete from {table}")
    replaced = _refused(locked, f"insert or replace into {table} select * from {table} limit 1")
    assert any(word in replaced for word in ("never replaced", "sealed", "grows at its end only"))


def test_the_text_of_an_event_can_be_erased_and_not_rewritten(locked: Path, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    shutil.copy(locked, path)

    assert "never changed" in _refused(path, "update audit_texts set body = 'Never called.'")
    erased = _change(path, "update audit_texts set salt = null, body = null")

    assert erased.findings == []


def test_the_database_seals_nothing_that_does_not_sum_to_zero(office: Desk) -> None:
    office.open()
    office.calculate([draft_statement("a1", 100)])
    with office.ledger.act() as session:
        event = append_event(session, ANNA, "note", "x", at=NOON, details={})
        session.execute(
            text(
                "insert into journal_entries values (1, 1, 'earning', 'a1', null, '2026-03-31', '2026-04-01 00:00:00', 'k', :event)"
            ),
            {"event": event.event_id},
        )
        session.execute(text("insert into postings values (1, 1, 'incentive_expense', 'a1', 'EUR', 100)"))
        session.execute(text("insert into postings values (2, 1, 'associate_payable', 'a1', 'EUR', -99)"))
    path = Path(str(office.ledger.engine.url.database))

    assert "do not sum to zero" in _refused(path, "insert into entry_seals values (1, 2, 'd')")


def test_the_database_takes_no_posting_into_a_sealed_entry(locked: Path) -> None:
    refused = _refused(locked, "insert into postings values (999, 1, 'incentive_expense', 'a1', 'EUR', 1)")

    assert "sealed" in refused


def test_the_database_takes_no_event_but_at_the_end_of_the_chain(locked: Path) -> None:
    refused = _refused(
        locked,
        "insert into audit_events values (999, '2026-01-01 00:00:00', 'x', 'person', null, 'lock', 's', '{}', null, '', 'h')",
    )

    assert "grows at its end only" in refused


def test_the_database_takes_no_act_that_skips_a_state(office: Desk) -> None:
    office.open()
    path = Path(str(office.ledger.engine.url.database))

    refused = _refused(
        path,
        "insert into cycle_acts values (1, 2, 'lock', 'locked', 1, 'd', 'mallory', 'person', '2026-01-01 00:00:00', null, 1)",
    )

    assert "does not lead on" in refused


def test_the_code_refuses_an_entry_that_does_not_sum_to_zero_in_each_currency(office: Desk) -> None:
    mixed = EntryDraft(
        EntryKind.EARNING,
        "a1",
        None,
        NOON.date(),
        "k",
        (PostingDraft(LedgerAccount.EXPENSE, "EUR", 100), PostingDraft(LedgerAccount.PAYABLE, "USD", -100)),
    )

    with office.ledger.act() as session, pytest.raises(UnbalancedEntryError):
        prepare_entries(session, [mixed])


def test_a_whole_ledger_verifies(locked: Path) -> None:
    with Ledger.open(locked) as ledger, ledger.reading() as session:
        verified = verify(session)

    assert verified.findings == []
    # March: 2 statements; April: 2. Entries: 2 earnings and 2 payments, then an earning, an adjustment and a payment.
    assert (verified.statements, verified.entries) == (4, 7)


def test_processes_find_what_one_process_finds(copy: Path) -> None:
    found = _change(
        copy,
        "update payroll_lines set amount_minor = 1 where line_number = 1 and cycle_id = 2",
        "update postings set amount_minor = 60000 where posting_id = 1",
        "update statement_traces set steps = '[]' where statement_id = 2",
    )

    with Ledger.open(copy) as ledger:
        together = verify_ledger(ledger, few_entries=0)

    assert [finding.place for finding in found.findings][:2] == ["statement 2026-03/main/a2, version 1", found.findings[1].place]
    assert together == found


def test_missing_guards_are_named(copy: Path) -> None:
    with Ledger.open(copy) as ledger, ledger.reading() as session:
        found = verify(session).findings

    assert "guard postings_unchanged" in {finding.place for finding in found}
    assert {finding.sentence for finding in found} == {"the database no longer has it"}


# The change, and the place and words of the first finding.
CHANGES = (
    ("update postings set amount_minor = 60000 where posting_id = 1", "posting 1 of entry 1", "500.00 was posted"),
    ("update postings set amount_minor = -60000 where posting_id = 2", "posting 2 of entry 1", "-500.00 was posted"),
    ("update postings set account = 'payroll_clearing' where posting_id = 2", "posting 2 of entry 1", "payroll_clearing"),
    ("update postings set associate_id = 'a9' where posting_id = 2", "posting 2 of entry 1", "stands with a9"),
    (
        "update journal_entries set effective_on = '2025-01-31' where entry_id = 1",
        "entry 1 (earning of a1",
        "not what was sealed",
    ),
    ("delete from entry_seals where entry_id = 2", "entry 2 (earning of a2", "never sealed"),
    ("update statements set worth_minor = 1, due_minor = 1 where statement_id = 1", "statement 2026-03/main/a1", "recorded"),
    ("update statement_components set amount_minor = 1 where statement_id = 2", "statement 2026-03/main/a2", "recorded"),
    ("update statement_traces set steps = '[]' where statement_id = 2", "statement 2026-03/main/a2", "recorded"),
    ("update calculations set manifest = '{}' where version = 1 and cycle_id = 1", "version 1 of cycle 2026-03/main", "manifest"),
    ("update cycle_acts set person_id = 'zoe' where cycle_id = 1 and act = 'approve'", "act 4 of cycle 2026-03/main", "boris"),
    ("update cycles set currency = 'USD' where cycle_id = 1", "cycle 2026-03/main", "currency is USD"),
    ("update audit_events set person_id = 'zoe' where event_id = 4", "audit event 4", "content is not what was recorded"),
    ("delete from audit_events where event_id = 2", "audit event 3", "events 2 to 2 are missing"),
    ("update audit_texts set body = 'Never called.'", "audit event", "its text is not what was recorded"),
    ("delete from audit_texts", "audit event", "removed and not erased"),
    ("update payroll_lines set amount_minor = 1 where line_number = 1 and cycle_id = 1", "payroll rows of cycle", "the file"),
    ("update payroll_exports set sha256 = 'x' where cycle_id = 1", "export of cycle 2026-03/main", "fingerprint"),
)


@pytest.mark.parametrize(("sql", "place", "words"), CHANGES, ids=[change[0] for change in CHANGES])
def test_a_row_changed_without_the_guards_is_named_first(copy: Path, sql: str, place: str, words: str) -> None:
    found = _change(copy, sql).findings

    assert place in found[0].place
    assert words in found[0].sentence


def test_a_balanced_change_of_an_entry_and_its_seal_is_found_by_the_act_that_posted_it(copy: Path) -> None:
    found = _change(
        copy,
        "update postings set amount_minor = amount_minor * 2 where entry_id = 1",
        "update entry_seals set digest = (select digest from entry_seals where entry_id = 2) where entry_id = 1",
    ).findings

    assert "posting 1 of entry 1" in found[0].place


def test_a_deleted_entry_is_missed(copy: Path) -> None:
    found = _change(
        copy,
        "delete from postings where entry_id = 2",
        "delete from entry_seals where entry_id = 2",
        "delete from journal_entries where entry_id = 2",
    ).findings

    assert any("earning of a2" in finding.place and "never posted" in finding.sentence for finding in found)


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger, ledger.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def test_the_migrations_go_down_and_up_again(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger, ledger.engine.connect() as connection:
        downgrade(connection, "base")
        left = connection.execute(text("select name from sqlite_master where name not like 'sqlite_%'")).scalars().all()
        upgrade(connection)
        connection.commit()
        with ledger.reading() as session:
            findings = verify(session).findings

    assert left == ["alembic_version"]
    assert findings == []


def test_a_ledger_of_a_newer_product_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as client:
        client.execute("update alembic_version set version_num = '9999'")

    with pytest.raises(InputError, match="revision 9999"):
        Ledger.open(path)


def test_the_ledger_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with desk(path) as office:
        office.open()
        modes = {found.name: found.stat().st_mode & 0o777 for found in tmp_path.glob("ledger.db*")}

    assert set(modes.values()) == {0o600}, modes
