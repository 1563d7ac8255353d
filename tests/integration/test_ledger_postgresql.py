"""The ledger on PostgreSQL: its guards, its migrations, and a cycle by the command line from delivery to payroll and back from a backup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from support_build import KEY, deliver, line
from support_ledger import ANNA, APPEND_ONLY, APRIL, NOON, Desk, desk, draft_statement
from support_shop import SELLER, TENTH, Shop, returned
from support_stores import POSTGRESQL, change, database, drop_trigger, new_place, refusal, server

from incentives.ledger.audit import append_event
from incentives.ledger.engine import Ledger
from incentives.ledger.integrity import verify
from incentives.ledger.migrations.run import downgrade, upgrade
from incentives.ledger.models import Base
from incentives.ledger.verifying import verify_ledger
from incentives.workspace import Workspace


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A ledger with an exported March and an adjustment of it in an exported April."""
    with desk(new_place(POSTGRESQL, tmp_path_factory.mktemp("none"))) as opened:
        opened.whole_way([draft_statement("a1", 500_00), draft_statement("a2", 120_50)])
        opened.whole_way(
            [draft_statement("a1", 450_00, settled_minor=500_00), draft_statement("a1", 300_00, period=APRIL)], APRIL
        )
        yield opened


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_database_refuses_to_change_delete_or_empty_a_table(office: Desk, table: str) -> None:
    engine = office.ledger.engine
    column = Base.metadata.tables[table].columns.keys()[-1]

    assert "never changed" in refusal(engine, f"update {table} set {column} = {column}")
    assert "never deleted" in refusal(engine, f"delete from {table}")
    assert "never" in refusal(engine, f"truncate {table} cascade")


def test_a_large_ledger_is_verified_by_several_processes(office: Desk) -> None:
    with office.ledger.reading() as session:
        alone = verify(session)

    assert verify_ledger(office.ledger, few_entries=0) == alone
    assert (alone.statements, alone.entries, alone.findings) == (4, 7, [])


def test_the_migrations_make_what_the_models_say_and_go_down_and_up_again(tmp_path: Path) -> None:
    with Ledger.open(new_place(POSTGRESQL, tmp_path)) as ledger, ledger.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        downgrade(connection, "base")
        left = connection.execute(
            text("select table_name from information_schema.tables where table_schema = 'public'")
        ).scalars()
        assert left.all() == ["alembic_version"]
        assert connection.execute(text("select count(*) from pg_proc where pronamespace = 'public'::regnamespace")).scalar() == 0
        upgrade(connection)
        connection.commit()
        with ledger.reading() as session:
            assert verify(session).findings == []


def test_a_guard_that_was_taken_away_is_named(tmp_path: Path) -> None:
    with desk(new_place(POSTGRESQL, tmp_path)) as opened:
        opened.open()
        drop_trigger(opened.ledger.engine, "postings", "postings_unchanged")

        with opened.ledger.reading() as session:
            assert [finding.place for finding in verify(session).findings] == ["guard postings_unchanged"]


def _at(root: Path, name: str | None, role: str = "postgres") -> Workspace:
    """The workspace with its ledger in a database, or in its own file."""
    path = root / "incentives.toml"
    text = path.read_text(encoding="utf-8").partition("\n[ledger]\n")[0]
    if name is not None:
        text += f'\n[ledger]\nurl = "postgresql+psycopg://{role}@127.0.0.1:{server().port}/{name}"\n'
    path.write_text(text, encoding="utf-8")
    return Workspace.open(root)


@pytest.mark.slow
def test_a_cycle_from_delivery_to_payroll_and_back_from_a_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    monkeypatch.setenv("PGPASSWORD", server().password)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    shop.ws = _at(shop.ws.root, database())
    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()
    assert shop.calculated("2026-01")["lina", "2026-01"] == ("100.00", "0.00", "100.00")
    assert shop.paid("2026-01") == [("lina", "BONUS", "100.00")]
    kept = tmp_path / "ledger.tar.gz"
    shop.command("ledger", "backup", kept)
    assert not shop.ws.ledger.exists()

    # Nothing of a ledger is replaced; another database takes it whole, and so does a file.
    refused = shop.command("ledger", "restore", kept, code=2)
    assert "this database holds a ledger already" in refused.err
    shop.ws = _at(shop.ws.root, database())
    shop.command("ledger", "restore", kept)
    shop.everything_holds("2026-01")
    shop.ws = _at(shop.ws.root, None)
    shop.command("ledger", "restore", kept)
    shop.everything_holds("2026-01")

    # The next cycle goes on where the last one ended, in the database it was restored to.
    deliver(shop.ws, "till", "order_lines-2.csv", [returned("r1", "j1", "-400.00", "2026-02-05")])
    shop.land_and_build()
    shop.ws = _at(shop.ws.root, database())
    shop.command("ledger", "restore", kept)
    assert shop.calculated("2026-02")["lina", "2026-01"] == ("60.00", "100.00", "-40.00")
    shop.everything_holds("2026-02")


@pytest.mark.slow
def test_a_role_that_owns_nothing_does_everything_but_change_what_was_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    monkeypatch.setenv("PGPASSWORD", server().password)
    page = (Path(__file__).parents[2] / "docs/how-to/ledger-on-postgresql.md").read_text(encoding="utf-8")
    grants = page.partition("```sql\n")[2].partition("```")[0]
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    shop.ws = _at(shop.ws.root, name := database())
    shop.command("cycle", "list")
    owner = Ledger.open(str(shop.ws.ledger_place).replace("postgres@", f"postgres:{server().password}@"))
    change(owner.engine, *[sql for sql in grants.split(";\n") if sql.strip()])
    change(owner.engine, f"alter role incentives_app password '{server().password}'")
    shop.ws = _at(shop.ws.root, name, "incentives_app")

    deliver(shop.ws, "till", "order_lines-1.csv", [line("j1", "1", "1000.00", day="2026-01-10", location_id="")])
    shop.land_and_build()
    shop.calculated("2026-01")
    assert shop.paid("2026-01") == [("lina", "BONUS", "100.00")]
    shop.everything_holds("2026-01")
    with Ledger.open(str(shop.ws.ledger_place).replace("app@", f"app:{server().password}@")) as ledger:
        assert "permission denied" in refusal(ledger.engine, "update postings set amount_minor = 1")
        assert "permission denied" in refusal(ledger.engine, "delete from statements")
        assert "must be owner" in refusal(ledger.engine, "drop trigger postings_unchanged on postings")
        with ledger.act() as session:
            append_event(session, ANNA, "note", "x", at=NOON, details={}, reason="asked by bruno@example.org")
        change(ledger.engine, "update audit_texts set salt = null, body = null")
        with ledger.reading() as session:
            assert verify(session).findings == []
    owner.close()


def test_a_password_in_the_settings_and_a_server_that_is_not_there_are_told(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    path = shop.ws.root / "incentives.toml"
    settings = path.read_text(encoding="utf-8")
    path.write_text(settings + '\n[ledger]\nurl = "postgresql+psycopg://me:secret@127.0.0.1/x"\n', encoding="utf-8")
    refused = shop.command("cycle", "list", code=2)
    path.write_text(settings + '\n[ledger]\nurl = "postgresql+psycopg://me@127.0.0.1:1/x"\n', encoding="utf-8")
    away = shop.command("cycle", "list", code=3)

    assert "a password does not belong in a file" in refused.err
    assert "secret" not in refused.err
    assert "the ledger cannot be opened" in away.err
