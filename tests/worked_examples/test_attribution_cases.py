"""Attribution cases whose answers this project did not compute: shares exact, amounts to the minor unit.

Each case becomes interactions, orders and a policy that gives the advisor role everything. A case that the policy
language cannot say stands in NOT_SAID with its reason, and the two lists together are all cases.
"""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support_crediting import ADVISOR_ONLY, TRILLION, Retailer, cells, credited

ORACLES = Path(__file__).parents[1] / "oracles"
CASES = {case["id"]: case for case in json.loads((ORACLES / "attribution_cases.json").read_text())}
PEERS = {
    case["id"]: case
    for case in json.loads((ORACLES / "peer_cases.json").read_text())
    if case["kind"] in ("attribution", "attribution_window")
}

_SPENT = "a touch is not spent by an order: it influenced every order in whose window it lies"
_RUNS = "runs of touches by one person are not collapsed: one_per_day and max_per_order bound them, in any order"
_MARKOV = "removal effects need every journey of every customer: one customer's data must never change another's credits"
_BY_CHANNEL = "a window by channel: a policy cannot name a channel"
NOT_SAID = {
    "J13-first_touch-066": _SPENT,
    "J13-last_touch-067": _SPENT,
    "J13-linear-068": _SPENT,
    "J17-linear-086": "a return takes back from those who were credited for its sale; whoever handles it loses nothing",
    "J05-linear-124": _RUNS,
    "J05-position_based-125": _RUNS,
    "J15-position_based-130": "position counts every touch: max_per_order does not apply to it",
    "J09-linear-131": "both ends of the window are inside",
    "J11-linear-133": "the window is in seconds: a touch after the order never counts, the same day or not",
    "J07-last_touch-135": "ties are not split: touches of one second are ordered by source and id",
    "DD-M1-markov-removal-effect": _MARKOV,
    "DD-M1-markov-value-removal-effect": _MARKOV,
    "DD-M1-markov-per-conversion-value": _MARKOV,
    "DD-M2-markov-removal-effect": _MARKOV,
    "DD-M2-markov-value-removal-effect": _MARKOV,
    "DD-M2-markov-per-conversion-value": _MARKOV,
}
PEERS_NOT_SAID = {
    "endear-email-d29-engaged": _BY_CHANNEL,
    "endear-email-d6-sent": _BY_CHANNEL,
    "endear-saleschat-d1-sent": _BY_CHANNEL,
    "endear-sms-d8-sent": _BY_CHANNEL,
}
MODELS = {
    "first_touch": "first",
    "last_touch": "last",
    "linear": "linear",
    "position_based": "position",
    "time_decay": "time_decay",
}


def test_every_case_is_run_or_has_its_reason() -> None:
    assert set(NOT_SAID) <= set(CASES)
    assert set(PEERS_NOT_SAID) <= set(PEERS)
    assert len(CASES) - len(NOT_SAID) == 57
    assert len(PEERS) - len(PEERS_NOT_SAID) == 8


@pytest.mark.parametrize("case_id", [case_id for case_id in CASES if case_id not in NOT_SAID])
def test_attribution_case(case_id: str) -> None:
    case = CASES[case_id]

    found = _credited_cases(_policy(case["model"], case["params"]))

    for journey in case["journeys"]:
        for conversion in journey["conversions"]:
            exact = {who: Fraction(value) for who, value in case["expected_exact"][conversion["conversion_id"]].items()}
            value = Fraction(str(conversion["value"]))
            order = f"{case_id}/{conversion['conversion_id']}"
            rows = {cell.recipient: cell for cell in cells(found, order)}
            shares = {who: part / value for who, part in exact.items()}
            # A share is a whole number of trillionths, the exact one rounded by largest remainder.
            assert {who: cell.share_e12 for who, cell in rows.items()} == _largest_remainder(shares, TRILLION)
            assert {who: cell.credit_minor for who, cell in rows.items()} == _largest_remainder(shares, int(value * 100))


@pytest.mark.parametrize("case_id", [case_id for case_id in PEERS if case_id not in PEERS_NOT_SAID])
def test_peer_case(case_id: str) -> None:
    case = PEERS[case_id]
    retailer = Retailer()
    inputs, expected = case["inputs"], case["expected"]
    if case["kind"] == "attribution_window":
        retailer.associates("a")
        retailer.touch("a", "conversation", f"2026-01-{15 - inputs['days_since_action']:02d}T12:00:00Z")
        retailer.sale("1", "2026-01-15T12:00:00Z", 10_000)

        found = credited(retailer, _advisor(f"model: linear, lookback_days: {inputs['window_days']}"))

        assert [cell.recipient == "a" for cell in cells(found, "1")] == [expected["attributed"]]
        return
    paths = inputs.get("paths") or [{"path": inputs["path"], "credit": inputs["value"]}]
    retailer.associates(*sorted({who for path in paths for who in path["path"]}))
    for number, path in enumerate(paths):
        for day, who in enumerate(path["path"], start=1):
            retailer.touch(who, "conversation", f"2026-01-{day:02d}T12:00:00Z", customer=f"c{number}")
        retailer.sale(f"{number}", "2026-01-20T12:00:00Z", round(path["credit"] * 100), customer=f"c{number}")

    found = credited(retailer, _policy(inputs["model"], inputs))

    totals: dict[str, int] = {}
    for number in range(len(paths)):
        for cell in cells(found, f"{number}"):
            totals[cell.recipient] = totals.get(cell.recipient, 0) + cell.credit_minor
    stated = expected["credit"]
    if isinstance(stated, list):
        stated = dict(zip(inputs["path"], stated, strict=True))
    # The peers state rounded decimals; ours are whole cents that add up.
    assert {who: cents for who, cents in totals.items() if cents} == pytest.approx(
        {who: value * 100 for who, value in stated.items() if value}, abs=1
    )
    assert sum(totals.values()) == sum(round(path["credit"] * 100) for path in paths)


def _policy(model: str, params: dict[str, Any]) -> str:
    if model == "shapley_on_observed_subsets":
        # With the value of observed journeys, Shapley is the equal split among the people of each journey.
        return _advisor("model: linear, max_per_order: 1")
    keys = [f"model: {MODELS[model]}"]
    if "lookback_days" in params:
        keys.append(f"lookback_days: {params['lookback_days']}")
    if "half_life_days" in params:
        keys.append(f"half_life_days: {params['half_life_days']}")
    if model == "position_based":
        first, last = (round(params[end] * (1 if params[end] > 1 else 100)) for end in ("first", "last"))
        keys.append(f"position: [{first}, {100 - first - last}, {last}]")
    if params.get("dedupe") in ("per_associate", "first_only"):
        # Under linear it makes no difference which one of a person's touches is the one that counts.
        keys.append("max_per_order: 1")
    return _advisor(", ".join(keys))


def _advisor(keys: str) -> str:
    return f"{ADVISOR_ONLY}advisor: {{weights: {{conversation: 1}}, {keys}}}\n"


@cache
def _credited_cases(policy: str) -> duckdb.DuckDBPyConnection:
    """Return every case that this policy says, credited at once: customers and orders are named by case."""
    retailer = Retailer()
    retailer.associates("A1", "A2", "A3", "A4")
    for case_id, case in CASES.items():
        if case_id in NOT_SAID or _policy(case["model"], case["params"]) != policy:
            continue
        for journey in case["journeys"]:
            customer = f"{case_id}/{journey['customer_id']}"
            for touch in journey["touches"]:
                retailer.touch(
                    touch["associate_id"],
                    "conversation",
                    touch["timestamp"],
                    id=f"{case_id}/{touch['touch_id']}",
                    customer=customer,
                    channel=touch["channel"],
                )
            for conversion in journey["conversions"]:
                order, minor = f"{case_id}/{conversion['conversion_id']}", int(Fraction(str(conversion["value"])) * 100)
                if "refund_of" in conversion:
                    sold = f"{case_id}/{conversion['refund_of']}"
                    retailer.taken_back(order, conversion["timestamp"], -minor, of=sold, customer=customer)
                else:
                    retailer.sale(order, conversion["timestamp"], minor, customer=customer)
    return credited(retailer, policy)


def _largest_remainder(shares: dict[str, Fraction], total: int) -> dict[str, int]:
    """Divide by exact shares; what is left over goes to the largest remainders, ties by id."""
    parts = {who: abs(total) * share // 1 for who, share in shares.items()}
    left_over = abs(total) - sum(parts.values())
    by_remainder = sorted(shares, key=lambda who: (-(abs(total) * shares[who] % 1), who))
    sign = 1 if total >= 0 else -1
    return {who: sign * (int(parts[who]) + (1 if who in by_remainder[:left_over] else 0)) for who in shares}
