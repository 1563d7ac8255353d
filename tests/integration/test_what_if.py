"""What another policy or another plan would have changed, by the command line; every figure worked by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_cli import Ran, run_here

from incentives.workspace import Workspace

pytestmark = pytest.mark.slow

CONFIG = """
[workspace]
id = "000000000000000000000000000000cd"
name = "Maison Test"
time_zone = "Europe/Paris"

[sources.till]
feeds = ["order_lines", "interactions", "associates", "assignments", "targets"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""
SELLER_ONLY = "policy: global\nvalid_from: 2026-01-01\nroles: {seller: 100}\n"
HALF = (
    "policy: global\nvalid_from: 2027-01-01\nroles: {seller: 50, advisor: 50}\n"
    "advisor: {lookback_days: 30, weights: {conversation: 1}}\n"
)
# 10 % of what is credited, so that pay follows credit.
PLAN = """\
plan: adviser
version: 1
valid_from: 2026-01-01
calendar: month
currency: EUR
eligibility: {roles: [client_advisor]}
proration: {by: none}
components:
  - id: sales
    measure: credited_revenue
    pays: per_period
    payout: {curve: tiers, mode: marginal, basis: value, table: [{from: 0, rate: 10%}]}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two orders of 100.00 and 60.00 in March by s; a advised the first; 40.00 of it came back in April."""
    root = tmp_path_factory.mktemp("diff") / "ws"
    for folder in ("policies", "plans"):
        (root / folder).mkdir(parents=True)
    (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
    (root / "policies" / "global.yaml").write_text(SELLER_ONLY, encoding="utf-8")
    (root / "plans" / "adviser.yaml").write_text(PLAN, encoding="utf-8")
    ws = Workspace.open(root)
    deliver(
        ws, "till", "associates.csv", [{"associate_id": who, "hired_on": "2020-01-01", "pay_group": "fr"} for who in ("s", "a")]
    )
    deliver(
        ws,
        "till",
        "assignments.csv",
        [
            {"associate_id": who, "valid_from": "2020-01-01", "role": "client_advisor", "currency": "EUR", "team_id": "t"}
            for who in ("s", "a")
        ],
    )
    deliver(
        ws,
        "till",
        "order_lines.csv",
        [
            line("1", "1", "100.00", day="2026-03-10", seller="s", location_id="", customer_id="c"),
            line("2", "1", "60.00", day="2026-03-11", seller="s", location_id="", customer_id=""),
            line(
                "3",
                "1",
                "-40.00",
                day="2026-04-02",
                seller="a",
                location_id="",
                kind="return",
                quantity="-1",
                original_source="till",
                original_order_id="1",
                original_line_id="1",
            ),
        ],
    )
    deliver(
        ws,
        "till",
        "interactions.csv",
        [
            {
                "source": "till",
                "interaction_id": "i",
                "kind": "conversation",
                "channel": "chat",
                "associate_id": "a",
                "customer_id": "c",
                "started_at": "2026-03-09T12:00:00Z",
                "outcome": "",
            },
            {
                "source": "till",
                "interaction_id": "j",
                "kind": "appointment",
                "channel": "store",
                "associate_id": "a",
                "customer_id": "z",
                "started_at": "2026-03-09T15:00:00Z",
                "outcome": "kept",
            },
        ],
    )
    _command(root, "land")
    _command(root, "build")
    return root


def _command(root: Path, *arguments: str | Path, code: int = 0) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", KEY)
        return run_here(*arguments, "--workspace", root, code=code)


def test_who_gains_and_who_loses_is_told_to_the_cent_before_a_policy_goes_live(shop: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(HALF, encoding="utf-8")

    words = _command(shop, "policy", "diff", shop / "policies", draft, "--period", "2026-03").out

    # Order 1 is 60.00 net of its return, which counts where it was earned: half to a. Order 2 knows no customer: the
    # adviser's half is nobody's. Before: s 120.00. After: s 30 + 30, a 30, house 30. Pay is a tenth.
    rows = [text.split() for text in words.splitlines()]
    assert ["s", "EUR", "120.00", "60.00", "-60.00", "12.00", "6.00", "-6.00"] in rows
    assert ["a", "EUR", "0.00", "30.00", "30.00", "0.00", "3.00", "3.00"] in rows
    assert ["house", "EUR", "0.00", "30.00", "30.00"] in rows
    assert "3 of 3 order lines are divided otherwise" in words
    assert "1 gain 30.00, 1 lose 60.00 of credit; 120.00 is credited either way" in words
    assert "payouts change by -3.00 in all" in words


def test_the_other_way_round_is_the_opposite_and_nothing_of_the_workspace_changes(shop: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(HALF, encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in shop.rglob("*") if path.is_file()}
    credits = _command(shop, "credits", "--format", "json").out

    found = _command(shop, "policy", "diff", draft, shop / "policies", "--period", "2026-03", "--format", "json").json()

    assert {str(row["recipient"]): [row["gain"], row["payout_gain"]] for row in found} == {
        "s": ["60.00", "6.00"],
        "a": ["-30.00", "-3.00"],
        "house": ["-30.00", None],
    }
    assert {path: path.stat().st_mtime_ns for path in shop.rglob("*") if path.is_file()} == before
    assert _command(shop, "credits", "--format", "json").out == credits


def test_a_draft_that_competes_with_a_policy_in_force_is_refused_by_name(shop: Path, tmp_path: Path) -> None:
    draft = tmp_path / "other.yaml"
    draft.write_text(HALF.replace("policy: global", "policy: second"), encoding="utf-8")

    refused = _command(shop, "policy", "diff", shop / "policies", draft, "--period", "2026-03", code=2)

    assert "'second' and 'global'" in refused.err


def test_a_draft_plan_is_tried_on_a_past_period_to_the_cent(shop: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        PLAN.replace("rate: 10%", "rate: 15%").replace("2026-01-01", "2027-01-01").replace("version: 1", "version: 2")
    )
    before = {path: path.stat().st_mtime_ns for path in shop.rglob("*") if path.is_file()}

    words = _command(shop, "simulate", draft, "--period", "2026-03").out
    (found,) = json.loads(_command(shop, "simulate", draft, "--period", "2026-03", "--format", "json").out)

    # s is credited 120.00 of March: 12.00 at 10 %, 18.00 at 15 %, which is 10 % and 15 % of revenue.
    rows = [text.split() for text in words.splitlines()]
    assert ["s", "t", "client_advisor", "EUR", "12.00", "18.00", "6.00"] in rows
    assert ["EUR", "12.00", "18.00", "6.00", "10.00", "%", "15.00", "%"] in rows
    assert "1 gain, 0 lose, 1 stay the same" in words
    assert found["baseline"] == "plans in force"
    assert {(one["channel"], one["payout_minor"]) for one in found["work_after"]} == {("store", 1_800)}
    assert {path: path.stat().st_mtime_ns for path in shop.rglob("*") if path.is_file() and path.name != "ledger.db"} == {
        path: moment for path, moment in before.items() if path.name != "ledger.db"
    }


def test_measures_are_listed_and_shown_and_a_score_of_one_case_is_not(shop: Path) -> None:
    sold = {
        row["measure"]: row
        for row in _command(shop, "measures", "show", "associate:s", "--period", "2026-03", "--format", "json").json()
    }
    met = {
        row["measure"]: row
        for row in _command(shop, "measures", "show", "associate:a", "--period", "2026-03", "--format", "json").json()
    }
    listed = {row["measure"]: row for row in _command(shop, "measures", "list", "--format", "json").json()}

    # 100.00 + 60.00 - 40.00; of the three pieces one came back; 40.00 of 160.00 came back.
    assert (sold["credited_revenue"]["value"], sold["credited_revenue"]["currency"]) == ("120.00", "EUR")
    assert sold["credited_units"]["value"] == "1"
    assert [sold["return_share"][name] for name in ("value", "numerator", "denominator")] == ["0.25", 4_000, 16_000]
    assert (sold["credited_orders"]["value"], sold["new_clients"]["value"]) == ("2", "1")
    assert met["appointments_kept"]["value"] == "1"
    assert met["appointments_kept_share"]["value"] == "too few cases"
    assert (listed["influenced_revenue"]["payable"], listed["csat_mean"]["payable"]) == (False, True)
    assert "team:ID" in _command(shop, "measures", "show", "nobody", "--period", "2026-03", code=2).err


def test_key_figures_are_shown_by_month_and_by_channel_for_reports(shop: Path) -> None:
    figures = {
        row["measure"]: row
        for row in _command(shop, "kpis", "--period", "2026-03", "--subject", "associate:s", "--format", "json").json()
    }
    channels = _command(
        shop, "kpis", "--period", "2026-03", "--by-channel", "--subject", "associate:s", "--format", "json"
    ).json()
    met = {
        row["measure"]: row["value"]
        for row in _command(shop, "kpis", "--period", "2026-03", "--subject", "associate:a", "--format", "json").json()
    }

    later = {
        row["measure"]: row
        for row in _command(shop, "kpis", "--period", "2026-04", "--subject", "associate:s", "--format", "json").json()
    }

    # By business date: 100.00 and 60.00 were sold in March, 40.00 came back in April.
    assert [figures["credited_revenue"][name] for name in ("month", "value", "currency")] == ["2026-03", "160.00", "EUR"]
    assert later["credited_revenue"]["value"] == "-40.00"
    assert met["appointments_kept_share"] == "too few cases"
    assert sum(int(str(row["credited"]).replace(".", "")) for row in channels) == 16_000
    assert "team:ID" in _command(shop, "kpis", "--period", "2026-03", "--subject", "nobody", code=2).err
    assert "for people" in _command(shop, "kpis", "--period", "2026-03", "--by-channel", "--subject", "team:t", code=2).err


def test_a_measure_is_explained_by_the_lines_that_make_it(shop: Path) -> None:
    def behind(subject: str, name: str) -> list[dict[str, object]]:
        return _command(shop, "explain", "measure", subject, name, "--period", "2026-03", "--format", "json").json()

    lines = behind("associate:s", "credited_revenue")
    words = _command(shop, "explain", "measure", "associate:s", "credited_revenue", "--period", "2026-03").out
    share = _command(shop, "explain", "measure", "associate:a", "appointments_kept_share", "--period", "2026-03").out

    # 100.00 and 60.00 were credited as seller; 40.00 of them came back in April and count where they were earned.
    assert sum(int(str(row["value"]).replace(".", "")) for row in lines) == 12_000
    assert [(row["value"], row["business_date"]) for row in lines if str(row["value"]).startswith("-")] == [
        ("-40.00", "2026-04-02")
    ]
    assert {row["earned_date"][:7] for row in lines} == {"2026-03"}
    assert words.startswith("credited_revenue of associate:s in 2026-03: 120.00 EUR.\nNet sales credited to a person")
    assert len(behind("associate:s", "credited_orders")) == 2
    assert [row["value"] for row in behind("associate:a", "appointments_kept")] == ["1"]
    assert "too few cases (1 of 1)" in share
    assert sum(int(str(row["value"]).replace(".", "")) for row in behind("team:t", "team_credited_revenue")) >= 12_000
    assert (
        "a measure of teams"
        in _command(shop, "explain", "measure", "associate:s", "team_credited_revenue", "--period", "2026-03", code=2).err
    )
    assert (
        "no measure is called revenue"
        in _command(shop, "explain", "measure", "associate:s", "revenue", "--period", "2026-03", code=2).err
    )


def test_signals_are_off_until_an_agreement_turns_them_on(shop: Path, tmp_path: Path) -> None:
    listed = _command(shop, "signals", "list", "--format", "json").json()
    off = _command(shop, "signals", "show", "unidentified_sale", "--period", "2026-03", code=2).err
    root = tmp_path / "agreed"
    shutil.copytree(shop, root)
    config = root / "incentives.toml"
    without = config.read_text()
    config.write_text(without + '\n[signals]\nagreed = ["unidentified_sale"]\n')
    unsigned = _command(root, "signals", "list", code=2).err
    names = [str(row["signal"]) for row in listed]
    config.write_text(without + f'\n[signals]\nagreed = {json.dumps(names)}\nagreement = "works council, 2026-01"\n')
    _command(root, "build")
    found = {
        name: _command(root, "signals", "show", name, "--period", "2026-03", "--rows", "--format", "json").json()
        for name in names
    }
    rows = found["unidentified_sale"]

    assert {row["on"] for row in listed} == {False}
    assert {row["on"] for row in _command(root, "signals", "list", "--format", "json").json()} == {True}
    assert "nobody agreed on it" in off
    assert "signals are on only under an agreement" in unsigned
    # Order 2 knows no customer. Three lines are too few to say anything of a month.
    assert [(row["associate"], row["order_id"]) for row in rows] == [("s", "2")]
    assert _command(root, "signals", "show", "unidentified_sale", "--period", "2026-03", "--format", "json").json() == []
    assert "no signal is called rank" in _command(root, "signals", "show", "rank", "--period", "2026-03", code=2).err


def test_a_plan_pays_on_new_clients_alone_where_it_says_so(shop: Path, tmp_path: Path) -> None:
    def tried(clients: str) -> str:
        draft = tmp_path / "clients.yaml"
        text = PLAN.replace("2026-01-01", "2027-01-01").replace("version: 1", "version: 2")
        draft.write_text(text.replace("    pays: per_period\n", f"    pays: per_period\n    filter: {{client: [{clients}]}}\n"))
        return _command(shop, "simulate", draft, "--period", "2026-03", "--format", "csv").out

    # Order 1 is its client's first, 60.00 net of the return in April; order 2 is of nobody known, so neither new nor returning.
    assert "12.00,6.00,-6.00" in tried("new")
    assert "12.00,6.00,-6.00" in tried("new, local")
    assert "12.00,0.00,-12.00" in tried("returning")
    assert "12.00,0.00,-12.00" in tried("local, visiting")
