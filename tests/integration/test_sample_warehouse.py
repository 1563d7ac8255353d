"""The sample retailer landed and built: the warehouse agrees with the generator's own books."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from incentives.feeds.sample import SampleSummary, demo_sources_toml, generate_sample
from incentives.services.checks import check_delivered
from incentives.services.landing import land
from incentives.services.warehouse import build_warehouse
from incentives.warehouse.record import Build
from incentives.workspace import Workspace

pytestmark = pytest.mark.slow

NOW = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
POLICY = Path(__file__).resolve().parents[2] / "incentives" / "templates" / "policies" / "global.yaml"
HEADER = """
[workspace]
id = "000000000000000000000000000000ab"
name = "Maison Aurelle"
demo = true
time_zone = "Europe/Paris"

"""


@dataclass(frozen=True)
class Built:
    ws: Workspace
    summary: SampleSummary
    build: Build

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.build.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    root = tmp_path_factory.mktemp("workspace")
    (root / "incentives.toml").write_text(HEADER + demo_sources_toml(), encoding="utf-8")
    (root / "policies").mkdir()
    (root / "policies" / "global.yaml").write_text(POLICY.read_text(encoding="utf-8"), encoding="utf-8")
    ws = Workspace.open(root)
    summary = generate_sample(ws.inbox, order_lines=3_000, seed=11, months=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", "sample-warehouse-key")
        land(ws, now=NOW)
        return Built(ws, summary, build_warehouse(ws, now=NOW))


def test_what_is_quarantined_is_what_was_broken_on_purpose(built: Built) -> None:
    found: dict[str, dict[str, int]] = {}
    for feed, reason, count in built.rows("select feed, reason, count(*) from marts.quarantined_rows group by all"):
        found.setdefault(str(feed), {})[str(reason)] = int(str(count))

    assert found == built.summary.bad_rows


def test_duplicates_and_superseded_rows_are_those_delivered_again(built: Built) -> None:
    sql = "select sum(duplicate), sum(superseded) from marts.delivery_counts where feed = 'order_lines'"
    ((duplicate, superseded),) = built.rows(sql)

    assert (duplicate, superseded) == (built.summary.repeated_lines, built.summary.corrected_lines)


def test_rows_delivered_are_those_written(built: Built) -> None:
    found: Counter[str] = Counter()
    for source, feed, count in built.rows(
        "select source, feed, sum(delivered) from marts.delivery_counts where outcome = 'loaded' and source in (select source from config.sources) group by all"
    ):
        found[f"{source}/{feed}"] = int(str(count))

    assert dict(found) == built.summary.rows_delivered


def test_every_control_total_agrees_and_every_cent_is_credited(built: Built) -> None:
    differences = built.rows("select count(*) from marts.control_total_differences")
    credited = dict(built.rows("select currency, cast(sum(credit_minor) as bigint) from marts.fct_credits group by all"))

    assert differences == [(0,)]
    assert credited == built.summary.net_minor


def test_every_role_is_held_and_targets_are_within_reach(built: Built) -> None:
    roles = {
        role
        for (role,) in built.rows("select distinct role from marts.fct_credits where recipient <> 'house' and role is not null")
    }
    ((median,),) = built.rows("""
        with earned as (
            select recipient, currency, date_trunc('month', earned_date) as month, sum(credit_minor) as minor
            from marts.fct_credits group by all
        )
        select cast(quantile_disc(100 * coalesce(earned.minor, 0) // targets.value_minor, 0.5) as bigint)
        from marts.dim_targets as targets
        left join earned on earned.recipient = targets.subject_id and earned.month = targets.period_start
            and earned.currency = targets.currency
        where targets.subject_type = 'associate'
    """)

    assert roles == {"seller", "advisor", "relationship"}
    assert 70 <= int(str(median)) <= 130


def test_the_checks_find_nothing_that_stops_the_publish(built: Built) -> None:
    outcomes = check_delivered(built.ws, built.build)

    assert [outcome.name for outcome in outcomes if not outcome.passed] == []
