"""Plan files: what is refused, where, and in which words."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from support_bonus import plan_of, registry

from incentives.cli import cli
from incentives.errors import DocumentError
from incentives.plans.load import parse_plan, read_plans
from incentives.plans.numbers import number_text, parse_bound, percent_text

HEAD = "plan: advisor\nversion: 1\nvalid_from: 2026-01-01\ncalendar: month\ncurrency: EUR\n"
SALES = "components:\n  - id: sales\n    measure: credited_revenue\n    target: individual\n"
TABLE = "    payout: {curve: tiers, table: [{from: 0%, rate: 1.0%}, {from: 100%, rate: 1.5%}]}\n"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(DocumentError) as refused:
        parse_plan(text, Path("plan.yaml"), registry())
    return refused.value.problems


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            HEAD + SALES + TABLE + "    colour: red\n",
            "plan.yaml:11: components.0.colour: unknown key; it is not part of the plan language.",
        ),
        (HEAD + SALES + TABLE + "    channel: web\n", "plan.yaml:11: components.0.channel: a plan may not name a channel."),
        (
            HEAD + "proration: {by: months, leave: exclude}\n" + SALES + TABLE,
            "plan.yaml:6: proration.leave: by: months counts no days; leave out this key, or prorate by days or hours.",
        ),
        (
            HEAD + "after_lock: earned_rate\n" + SALES + "    interval: year\n    on_change: carry\n" + TABLE,
            "plan.yaml:11: components.0.interval: after_lock: earned_rate pays a period by what remains of its own measure; progress over "
            "several periods needs reprice.",
        ),
        (
            HEAD + "draw:\n  amount: 500.00\n  kind: recoverable\n" + SALES + TABLE,
            "plan.yaml:6: draw.form: a recoverable draw says how it is paid: top_up, additive or advance.",
        ),
        (
            HEAD + SALES + TABLE + "    holdback: {share: 20%, until: gate, gate: trainings, at_least: 1}\n",
            "plan.yaml:11: components.0.holdback.days: a gate says how many days after the period's end what was not reached is forfeited.",
        ),
        (
            HEAD + SALES + TABLE + "    holdback: {share: 20%, until: gate, gate: trainings, at_least: 1, days: 90}\n",
            "plan.yaml:11: components.0.holdback.gate: nobody computes a measure 'trainings'; a measure of the scores feed is known "
            "once it was delivered and published.",
        ),
        (
            HEAD
            + SALES
            + TABLE
            + "    holdback: {share: 20%, until: gate, gate: team_credited_revenue, at_least: 1, days: 90}\n",
            "plan.yaml:11: components.0.holdback.gate: team_credited_revenue belongs to a team; a gate looks at the person's own measure.",
        ),
        (
            HEAD + SALES + TABLE + "    holdback: {share: 20%, until: year_end, at_least: 1}\n",
            "plan.yaml:11: components.0.holdback.at_least: belongs to until: gate.",
        ),
        (
            HEAD + "hold_harmless: advisor\n" + SALES + TABLE,
            "plan.yaml:6: hold_harmless: names the plan itself; expected the plan that people were under before.",
        ),
        (HEAD + SALES, "plan.yaml:7: components.0.payout: required, but missing."),
        (
            HEAD + SALES + "    payout: {curve: ladder}\n",
            "plan.yaml:10: components.0.payout: unknown curve; expected one of tiers, step, linear, per_unit, pool, goal, spiff.",
        ),
        (
            HEAD
            + SALES
            + "    payout:\n      curve: tiers\n      table:\n        - {from: 0%, rate: 1%}\n        - {from: 0%, rate: 2%}\n",
            "plan.yaml:14: components.0.payout.table.1.from: does not lie above the row before; bounds strictly rise, so that "
            "there is no gap or overlap.",
        ),
        (
            HEAD + SALES + "    payout: {curve: tiers, table: [{from: 0%, rate: -1%}]}\n",
            "plan.yaml:10: components.0.payout.table.0.rate: '-1%' is no rate; expected 0% to 100%, such as 1.5%.",
        ),
        (
            HEAD + SALES.replace("credited_revenue", "credited_revenu") + TABLE,
            "plan.yaml:8: components.0.measure: nobody computes a measure 'credited_revenu'; did you mean credited_revenue?",
        ),
        (
            HEAD
            + SALES.replace("credited_revenue", "return_share")
            + "    payout: {curve: step, table: [{from: 0%, amount: 5}]}\n",
            "plan.yaml:8: components.0.measure: no plan may pay on return_share: the registry says it is shown, never paid.",
        ),
        (
            HEAD + SALES.replace("credited_revenue", "new_clients") + TABLE,
            "plan.yaml:10: components.0.payout.table: a rate needs a measure that is money; new_clients is a count.",
        ),
        (
            HEAD + SALES.replace("    target: individual\n", "") + TABLE,
            "plan.yaml:7: components.0.target: required, because the table's bounds are percentages of a target.",
        ),
        (
            HEAD + SALES + TABLE + "    interval: year\n",
            "plan.yaml:7: components.0.on_change: required where the interval is longer than the period: carry or reset.",
        ),
        (
            HEAD + SALES + "    payout: {curve: tiers, table: [{from: 0%, rate: 1%}, {from: 100%, amount: 5.00}]}\n",
            "plan.yaml:10: components.0.payout.table: one table pays one way; this one mixes amount, rate.",
        ),
        (
            HEAD.replace("EUR", "local") + SALES + "    cap: 100.00\n" + TABLE,
            "plan.yaml:10: components.0.cap: the currency is local; expected one amount for each currency, such as {EUR: 10.00, AED: 40.00}.",
        ),
        (
            HEAD
            + SALES
            + TABLE
            + "modifiers:\n  - {applies_to: [sale], measure: csat_mean, missing: 1.0, table: [{from: 0, factor: 1}]}\n",
            "plan.yaml:12: modifiers.0.applies_to.0: there is no component 'sale'; expected one of sales.",
        ),
        (
            HEAD + SALES + TABLE + "modifiers:\n  - {applies_to: all, measure: csat_mean, table: [{from: 0, factor: 1}]}\n",
            "plan.yaml:12: modifiers.0.missing: required: the factor that holds where the measure is not known.",
        ),
        (
            HEAD
            + SALES
            + TABLE
            + "modifiers:\n  - {applies_to: all, measure: csat_mean, missing: 1, table: [{from: 5, factor: 1}]}\n",
            "plan.yaml:12: modifiers.0.table.0.from: the table starts above the measure's minimum, 0; values below it would have no factor.",
        ),
        (
            HEAD
            + "components:\n  - id: growth\n    payout: {curve: goal, on_target: 300, weights: {key_results: 60, demos: 50}}\n",
            "plan.yaml:8: components.0.payout.weights: the weights do not sum to 100.",
        ),
        (
            HEAD
            + "components:\n  - id: pot\n    measure: credited_revenue\n    payout: {curve: pool, rate: 1%, share_by: equal}\n",
            "plan.yaml:8: components.0.measure: a pool is a team's; credited_revenue belongs to an associate.",
        ),
    ],
)
def test_a_mistake_names_file_line_key_and_what_was_expected(text: str, expected: str) -> None:
    assert expected in problems(text)


def test_every_mistake_of_a_file_is_named_at_once() -> None:
    found = problems(HEAD.replace("month", "week") + SALES + TABLE.replace("1.0%", "150%") + "    colour: red\n")

    assert [line.split(": ")[0] for line in found] == ["plan.yaml:4", "plan.yaml:10", "plan.yaml:11"]


def test_gates_that_wait_for_each_other_are_refused() -> None:
    second = SALES.replace("sales", "service").removeprefix("components:\n") + TABLE
    gates = "modifiers:\n  - {applies_to: [sales], gate_attainment: service, at_least: 80%}\n  - {applies_to: [service], gate_attainment: sales, at_least: 80%}\n"

    found = problems(HEAD + SALES + TABLE + second + gates)

    assert "plan.yaml:16: modifiers.0.gate_attainment: the gates of sales and service wait for each other." in found


def test_plain_numbers_are_read_from_their_text() -> None:
    plan = plan_of(SALES + "    cap: 10.10\n" + TABLE)

    assert plan.components[0].cap is not None
    assert plan.components[0].cap.single == Fraction(101, 10)


def test_a_percentage_is_attainment_and_a_number_the_measure() -> None:
    assert (parse_bound("80%").is_percent, parse_bound("80%").share) == (True, Fraction(4, 5))
    assert (parse_bound("0.8").is_percent, parse_bound("0.8").amount.single) == (False, Fraction(4, 5))


def test_versions_of_a_plan_start_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + SALES + TABLE)
    (tmp_path / "b.yaml").write_text(HEAD.replace("version: 1", "version: 2") + SALES + TABLE)

    with pytest.raises(DocumentError) as refused:
        read_plans(tmp_path, registry())

    assert refused.value.problems == (f"{tmp_path}/b.yaml:3: valid_from: does not lie after that of advisor v1, 2026-01-01.",)


@pytest.mark.parametrize(
    "value, text", [(Fraction(1, 8), "0.125"), (Fraction(-3, 2), "-1.5"), (Fraction(2, 3), "2/3"), (Fraction(7), "7")]
)
def test_a_number_is_written_exactly(value: Fraction, text: str) -> None:
    assert number_text(value) == text


def test_a_percentage_that_no_decimal_states_stays_a_fraction() -> None:
    assert (percent_text(Fraction(1, 3)), percent_text(Fraction(3, 8))) == ("1/3", "37.5%")


def test_plan_check_prints_warnings_of_cliffs_ranks_and_filters(tmp_path: Path) -> None:
    ranked = (
        "  - id: race\n    measure: credited_revenue\n    pays: per_period\n"
        "    payout: {curve: step, basis: rank, rank_in: team, table: [{from: 1, amount: 100}, {from: 2, amount: 0}]}\n"
    )
    plan = tmp_path / "plan.yaml"
    plan.write_text(HEAD + SALES + "    threshold: 80%\n    filter: {role: [seller]}\n" + TABLE + ranked)

    done = CliRunner().invoke(cli, ["plan", "check", str(plan), "--format", "json"], catch_exceptions=False)

    (row,) = json.loads(done.output)
    assert row["warnings"].splitlines() == [
        f"{plan}:10: components.0.threshold: a cliff: one more EUR at 80% pays 80.00 EUR, for a target of 10000.",
        f"{plan}:11: components.0.filter.role: a filter on role pays for where or as whom people work, and can set channels of work apart.",
        f"{plan}:16: components.1.payout.basis: a rank makes one colleague's gain another's loss; it undoes collaboration.",
    ]


def test_a_marginal_plan_has_no_cliff(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(HEAD + SALES + TABLE)

    done = CliRunner().invoke(cli, ["plan", "check", str(plan), "--format", "json"], catch_exceptions=False)

    assert json.loads(done.output)[0]["warnings"] == ""
