"""The checks on a warehouse file: what the profiles read, what is kept, what the command prints and returns."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from incentives.bonus.result import ComponentResult, Statement, TraceStep
from incentives.cli import cli
from incentives.errors import InputError
from incentives.periods import Period
from incentives.services.check_profiles import delivered_frames
from incentives.services.checks import check_delivered, check_payable
from incentives.warehouse.record import Build, record_text
from incentives.workspace import Workspace
from quality.outcomes import CheckOutcome, stopping

AS_OF = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
CONFIG = """
[workspace]
id = "000000000000000000000000000000aa"
name = "Maison Test"
time_zone = "Europe/Paris"

[sources.till]
feeds = ["*"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""

# 2 files of load 1, and one day of the till on each of 1 and 2 March; 100 EUR in all, as the till says itself.
WAREHOUSE = """
create schema marts;
create schema staging;
create table marts.delivery_counts (load_id integer, file_ordinal integer, source varchar, feed varchar, file_name varchar, outcome varchar,
    reason varchar, delivered bigint, accepted bigint, duplicate bigint, superseded bigint, quarantined bigint);
insert into marts.delivery_counts values
    (1, 1, 'till', 'order_lines', 'order_lines.csv', 'loaded', null, 40, 37, 1, 1, 1),
    (1, 2, 'hr', 'associates', 'associates.csv', 'loaded', null, 2, 2, 0, 0, 0),
    (1, 3, 'workspace', 'policies', 'global.yaml', 'loaded', null, 1, 0, 0, 0, 0);
create table marts.quarantined_rows (feed varchar, load_id integer, file_ordinal integer, delivered_row bigint, reason varchar,
    closed_by_load integer);
insert into marts.quarantined_rows values ('order_lines', 1, 1, 7, 'bad_amount', null);
create table marts.control_totals (source varchar, business_date date, currency varchar, basis varchar, difference_minor hugeint,
    lines_difference bigint);
insert into marts.control_totals values ('till', date '2026-03-01', 'EUR', 'completed', 0, 0);
create table marts.fct_order_lines (source varchar, currency varchar, net_minor bigint, ordered_at timestamp, business_date date);
insert into marts.fct_order_lines values
    ('till', 'EUR', 6000, timestamp '2026-03-01 10:00:00', date '2026-03-01'),
    ('till', 'EUR', 4000, timestamp '2026-03-02 10:00:00', date '2026-03-02');
create table marts.fct_credits (currency varchar, credit_minor bigint, business_date date);
insert into marts.fct_credits values ('EUR', 6000, date '2026-03-01'), ('EUR', 1000, date '2026-03-02'), ('EUR', 3000, date '2026-03-02');
create table marts.dim_associates (associate_id varchar);
insert into marts.dim_associates values ('a1'), ('a2');
create table staging.stg_order_lines (source varchar, load_id integer, associate_id varchar, customer_id varchar, customer_email varchar,
    customer_phone varchar, loyalty_id varchar, location_id varchar, completed_at timestamp);
create table staging.stg_interactions (source varchar, load_id integer, customer_id varchar, customer_email varchar, customer_phone varchar,
    loyalty_id varchar, social_handle varchar);
"""


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    (tmp_path / "incentives.toml").write_text(CONFIG, encoding="utf-8")
    workspace = Workspace.open(tmp_path)
    workspace.warehouse_dir.mkdir()
    spoil(workspace, WAREHOUSE)
    workspace.build_record.write_text(record_text(build_of(workspace)), encoding="utf-8")
    return workspace


def spoil(ws: Workspace, sql: str) -> None:
    with duckdb.connect(str(ws.warehouse)) as connection:
        connection.execute(sql)


def build_of(ws: Workspace) -> Build:
    return Build("load-000001-abc", 1, AS_OF, "f", True, 3, 1.0, ws.warehouse)


def failing(outcomes: tuple[CheckOutcome, ...]) -> list[str]:
    return [outcome.name for outcome in outcomes if not outcome.passed]


def statement(
    associate_id: str, worth: int, *, plan: str = "advisor", steps: tuple[TraceStep, ...] = (), paid: int | None = None
) -> Statement:
    component = ComponentResult("sales", "credited_revenue", 10_000, 10_000, Fraction(1), worth if paid is None else paid)
    return Statement(associate_id, plan, 1, Period.parse("2026-03"), "EUR", worth, (component,), steps)


def payable(ws: Workspace, statements: list[Statement], **caps: int) -> tuple[CheckOutcome, ...]:
    by_plan = {(plan, 1, "EUR"): cap for plan, cap in caps.items()}
    return check_payable(ws, statements, period=Period.parse("2026-03"), pay_group="fr", database=ws.warehouse, caps=by_plan)


def test_a_good_warehouse_passes_every_check_and_the_outcomes_are_kept(ws: Workspace) -> None:
    outcomes = check_delivered(ws, build_of(ws))

    kept = json.loads((ws.logs / "checks" / "delivered-load-000001-abc.json").read_text(encoding="utf-8"))

    assert failing(outcomes) == []
    assert [row["name"] for row in kept] == [outcome.name for outcome in outcomes]
    assert "subjects" not in kept[0]


def test_the_share_in_quarantine_is_of_the_latest_delivery_and_rounded_up(ws: Workspace) -> None:
    frames = delivered_frames(ws.warehouse, AS_OF)

    # 1 of 40 = 2.5 %.
    assert frames["deliveries"].to_dict("records") == [
        {"source": "till", "feed": "order_lines", "quarantined_bp": 250},
    ]
    assert frames["reference_deliveries"].to_dict("records") == [
        {"source": "hr", "feed": "associates", "quarantined_bp": 0},
    ]


def test_too_many_rows_in_quarantine_stop_the_publish_until_they_are_mended(ws: Workspace) -> None:
    spoil(ws, "insert into marts.quarantined_rows select 'order_lines', 1, 1, 10 + n, 'bad_amount', null from range(2) as t(n)")
    before = stopping(check_delivered(ws, build_of(ws)))

    spoil(ws, "update marts.quarantined_rows set closed_by_load = 2")

    assert [outcome.name for outcome in before] == ["quarantine_share_is_within_tolerance"]
    assert before[0].subjects == ("till order_lines",)
    assert stopping(check_delivered(ws, build_of(ws))) == ()


def test_a_difference_to_the_control_totals_stops_the_publish_in_either_direction(ws: Workspace) -> None:
    spoil(ws, "update marts.control_totals set difference_minor = -1")

    assert [outcome.name for outcome in stopping(check_delivered(ws, build_of(ws)))] == ["net_sales_agree_with_control_totals"]


def test_lost_rows_stop_the_publish(ws: Workspace) -> None:
    spoil(ws, "update marts.delivery_counts set accepted = 36 where feed = 'order_lines'")

    assert [outcome.name for outcome in stopping(check_delivered(ws, build_of(ws)))] == ["four_counts_add_up_to_rows_delivered"]


def test_a_file_set_aside_warns_until_it_is_delivered_again(ws: Workspace) -> None:
    spoil(
        ws,
        "insert into marts.delivery_counts values (2, 1, 'till', 'order_lines', 'b.csv', 'set_aside', 'no_header', 0, 0, 0, 0, 0)",
    )
    before = failing(check_delivered(ws, build_of(ws)))

    spoil(ws, "insert into marts.delivery_counts values (3, 1, 'till', 'order_lines', 'b.csv', 'loaded', null, 1, 1, 0, 0, 0)")

    assert before == ["no_file_is_set_aside"]
    assert failing(check_delivered(ws, build_of(ws))) == []


def test_a_source_that_stops_is_silent_beyond_a_week(ws: Workspace) -> None:
    # The till's lines end on 2 March; another source goes on, every day to 9 or to 10 March: 7 or 8 days of silence.
    other = "insert into marts.fct_order_lines select 'web', 'EUR', 0, timestamp '2026-03-01', date '2026-03-01' + n from range({}) as t(n)"
    spoil(ws, other.format(9).replace("n from", "cast(n as integer) from"))
    week = failing(check_delivered(ws, build_of(ws)))

    spoil(ws, "insert into marts.fct_order_lines values ('web', 'EUR', 0, timestamp '2026-03-10', date '2026-03-10')")

    outcomes = check_delivered(ws, build_of(ws))
    assert week == []
    assert failing(outcomes) == ["no_source_fell_silent"]
    assert next(outcome for outcome in outcomes if not outcome.passed).subjects == ("till 2026-03-03 2026-03-10",)


def test_a_line_from_the_day_after_tomorrow_warns(ws: Workspace) -> None:
    spoil(ws, "update marts.fct_order_lines set ordered_at = timestamp '2026-04-02' where net_minor = 4000")

    assert failing(check_delivered(ws, build_of(ws))) == ["dates_are_plausible"]


def test_a_key_column_that_fell_empty_warns(ws: Workspace) -> None:
    row = "insert into staging.stg_order_lines select 'till', {load}, {seller}, 't_1', null, null, null, 'paris', timestamp '2026-03-01' from range(200)"
    spoil(ws, row.format(load=1, seller="'a1'"))
    good = failing(check_delivered(ws, build_of(ws)))

    spoil(ws, row.format(load=2, seller="null"))

    assert good == []
    assert failing(check_delivered(ws, build_of(ws))) == ["no_key_column_fell_empty"]


def test_lines_that_name_nobody_warn(ws: Workspace) -> None:
    nobody = "insert into staging.stg_order_lines select 'till', 1, null, null, null, null, null, 'paris', timestamp '2026-03-01' from range(200)"
    spoil(ws, nobody)

    assert failing(check_delivered(ws, build_of(ws))) == ["lines_name_a_seller_or_a_customer"]


def test_the_command_prints_every_outcome_and_exits_1_when_one_stops_the_publish(ws: Workspace) -> None:
    good = CliRunner().invoke(cli, ["check", "--workspace", str(ws.root), "--format", "json"])
    spoil(ws, "update marts.control_totals set difference_minor = 1")
    bad = CliRunner().invoke(cli, ["check", "--workspace", str(ws.root), "--format", "json"])

    assert good.exit_code == 0
    assert {row["outcome"] for row in json.loads(good.stdout)} == {"holds"}
    assert bad.exit_code == 1
    assert [row["check"] for row in json.loads(bad.stdout) if row["outcome"] == "fails"] == [
        "net_sales_agree_with_control_totals"
    ]


def test_the_command_asks_for_a_build_first(ws: Workspace) -> None:
    ws.build_record.unlink()

    result = CliRunner().invoke(cli, ["check", "--workspace", str(ws.root)])

    assert isinstance(result.exception, InputError)
    assert "incentives build" in str(result.exception)


def test_the_command_names_a_cycle_that_cannot_be_judged(ws: Workspace) -> None:
    unopened = CliRunner().invoke(cli, ["check", "--workspace", str(ws.root), "--period", "2026-03"])
    elsewhere = CliRunner().invoke(cli, ["check", "--workspace", str(ws.root), "--period", "2026-03", "--pay-group", "de"])

    assert isinstance(unopened.exception, InputError)
    assert "2026-03" in str(unopened.exception)
    assert isinstance(elsewhere.exception, InputError)
    assert "'de' is not a pay group" in str(elsewhere.exception)


def test_good_statements_pass(ws: Workspace) -> None:
    outcomes = payable(ws, [statement("a1", 1_000), statement("a2", 10_000)], advisor=10_000)

    assert failing(outcomes) == []
    assert (ws.logs / "checks" / "payable-2026-03-fr.json").is_file()


def test_a_person_without_a_record_a_cap_passed_and_a_sum_that_is_wrong_stop_the_approval(ws: Workspace) -> None:
    assert [o.name for o in stopping(payable(ws, [statement("a9", 1)]))] == ["everyone_paid_is_known"]
    assert [o.name for o in stopping(payable(ws, [statement("a1", 10_001)], advisor=10_000))] == ["worth_is_within_the_cap"]
    assert [o.name for o in stopping(payable(ws, [statement("a1", 500, paid=501)]))] == ["components_sum_to_worth"]


def test_a_total_cap_in_the_trace_explains_the_worth(ws: Workspace) -> None:
    capped = TraceStep(9, "total", "total_cap", "capped at 5.00", {"cap": "5.00"}, "5.00", "money")

    assert stopping(payable(ws, [statement("a1", 500, paid=900, steps=(capped,))])) == ()
    assert [o.name for o in stopping(payable(ws, [statement("a1", 501, paid=900, steps=(capped,))]))] == [
        "components_sum_to_worth"
    ]


def test_components_below_zero_are_worth_nothing_or_what_is_carried(ws: Workspace) -> None:
    assert stopping(payable(ws, [statement("a1", 0, paid=-300)])) == ()
    assert [o.name for o in stopping(payable(ws, [statement("a1", -300)]))] == ["worth_is_not_negative"]


def test_more_than_ten_times_the_median_warns(ws: Workspace) -> None:
    usual = [statement("a1", 100), statement("a2", 100), statement("a1", 1_000, plan="other")]

    assert failing(payable(ws, [*usual, statement("a2", 1_001, plan="advisor-2")])) == []
    assert failing(payable(ws, [statement("a1", 100), statement("a2", 1_001)])) == ["no_worth_is_far_from_the_usual"]


def test_credits_that_lost_a_cent_stop_the_approval_and_other_periods_do_not(ws: Workspace) -> None:
    spoil(ws, "insert into marts.fct_credits values ('EUR', 5, date '2026-04-01')")
    elsewhere = stopping(payable(ws, [statement("a1", 1)]))

    spoil(ws, "update marts.fct_credits set credit_minor = 999 where credit_minor = 1000")

    assert elsewhere == ()
    assert [outcome.name for outcome in stopping(payable(ws, [statement("a1", 1)]))] == ["credits_equal_net_sales"]


def test_an_unknown_pay_group_is_refused(ws: Workspace) -> None:
    with pytest.raises(InputError, match="no pay group 'de'"):
        check_payable(ws, [], period=Period.parse("2026-03"), pay_group="de", database=ws.warehouse)
