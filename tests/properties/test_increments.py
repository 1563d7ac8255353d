"""Any sequence of increments gives, in every table, the rows of one full build of the same loads.

Deliveries in any order over several loads: late rows, corrections, withdrawals, rows that were refused and came again,
identifiers that join customers and part them again, people, places, rates, overrides and policies that change.
"""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_arrivals import KEY, File, delivered_rows, land_in_loads, updated
from support_crediting import Retailer
from support_increments import bring_up, different_rows, full_build
from support_retailers import CUSTOMERS, PEOPLE, SOURCES, examples, policy_texts, retailers

from incentives.feeds.bronze_index import BronzeIndex

pytestmark = pytest.mark.slow
LOADS = 4
Rows = dict[str, list[dict[str, str]]]


def with_other_feeds(retailer: Retailer) -> Retailer:
    """Return the retailer with teams, rates, work, answers, scores and homes of clients."""
    feeds = dict(retailer.feeds)
    days = [date(2026, 3, day) for day in (1, 12, 20)]
    feeds["assignments"] = [
        {"associate_id": who, "valid_from": start, "team_id": f"team{number % 2 if start.day == 1 else 1}", "role": "advisor"}
        for number, who in enumerate(PEOPLE)
        for start in (date(2026, 1, 1), *([date(2026, 3, 20)] if number < 2 else []))
    ]
    feeds["fx_rates"] = [
        {"rate_date": day, "from_currency": "AED", "to_currency": "EUR", "rate_e9": 230_000_000 + day.day} for day in days
    ]
    feeds["hours"] = [
        {"source": "rota", "associate_id": who, "work_date": day, "activity": "boutique", "hours": "7.5"}
        for who in PEOPLE[:2]
        for day in days
    ]
    feeds["scores"] = [
        {"associate_id": who, "measure": "audit", "score_date": day, "value": "3.5"} for who in PEOPLE[2:] for day in days[:1]
    ]
    feeds["customers"] = [
        {"source": source, "customer_id": customer, "residence_country": country}
        for source, country in zip(SOURCES, ("FR", "AE"), strict=True)
        for customer in CUSTOMERS
    ]
    feeds["feedback"] = [
        {
            "source": "survey",
            "feedback_id": f"f{number}",
            "kind": ("csat", "nps")[number % 2],
            "score": "9",
            "interaction_source": row["source"],
            "interaction_id": row["interaction_id"],
            "given_at": row["started_at"],
        }
        for number, row in enumerate(feeds.get("interactions", [])[::3])
    ]
    feeds["feedback"] += [
        {
            "source": "survey",
            "feedback_id": f"p{number}",
            "kind": "employee_pulse",
            "score": str(number),
            "team_id": "team1",
            "given_at": f"2026-03-{number + 1:02}T10:00:00Z",
        }
        for number in range(6)
    ]
    return Retailer(feeds)


def with_history(rows: Rows, chooser: random.Random) -> Rows:
    """Return the rows with earlier versions of some: said otherwise, withdrawn in between, or broken."""
    found: Rows = {feed: list(of_feed) for feed, of_feed in rows.items()}
    for feed, of_feed in rows.items():
        for row in of_feed:
            fate = chooser.randrange(7)
            if fate in (0, 5):
                found[feed].append({**row, **chooser.choice(OTHERWISE.get(feed, [{}])), "source_updated_at": updated(-10)})
            if fate in (0, 1):
                found[feed].append({**row, "deleted": "true", "source_updated_at": updated(-5)})
            if fate == 2:
                found[feed].append({**row, **BROKEN.get(feed, {"deleted": "perhaps"}), "source_updated_at": updated(-7)})
    return found


OTHERWISE: dict[str, list[dict[str, str]]] = {
    "order_lines": [
        {"net_amount": "0", "associate_id": "dan"},
        {"customer_id": "c4"},
        {"customer_id": "", "customer_email": "e1@example.com"},
        {"completed_at": ""},
        {"channel": "kiosk"},
        {"discount_amount": "3"},
        {"quantity": "2"},
        {"location_id": "dubai"},
        {"ordered_at": "2026-02-03T10:00:00Z", "completed_at": "2026-02-03T10:00:00Z"},
    ],
    "interactions": [
        {"customer_id": "c4", "kind": "consultation"},
        {"outcome": "kept"},
        {"kind": "service_case", "outcome": "resolved"},
        {"kind": "outreach"},
        {"customer_id": "", "loyalty_id": "l1@example.com"},
    ],
    "associates": [{"hired_on": "2026-03-18"}, {"customer_source": "till", "customer_id": "c2"}],
    "assignments": [{"team_id": "team9"}],
    "locations": [{"country": "DE"}, {"time_zone": "Pacific/Auckland"}],
    "customers": [{"residence_country": "JP"}],
    "customer_identifiers": [{}],
    "client_ownership": [{"associate_id": "ann"}, {"valid_to": "2026-03-20"}],
    "credit_overrides": [{"associate_id": "eve"}, {"approved_by": ""}],
    "fx_rates": [{"rate": "0.5"}],
    "permissions": [{"status": "withdrawn"}],
    "hours": [{"hours": "1"}],
    "scores": [{"value": "9"}],
    "feedback": [{"score": "1"}, {"given_at": "2026-02-10T10:00:00Z"}],
}
BROKEN: dict[str, dict[str, str]] = {
    "order_lines": {"net_amount": "much"},
    "interactions": {"started_at": "yesterday"},
    "customer_identifiers": {"customer_id": ""},
    "fx_rates": {"rate": "x"},
}


def in_loads(rows: Rows, chooser: random.Random) -> list[list[File]]:
    """Return the rows over several loads, a file for each feed and part; most people and places come first."""
    loads: list[dict[tuple[str, int], list[dict[str, str]]]] = [{} for _ in range(LOADS)]
    for feed, of_feed in rows.items():
        for row in chooser.sample(of_feed, len(of_feed)):
            first = feed in ("associates", "locations") and chooser.randrange(3)
            loads[0 if first else chooser.randrange(LOADS)].setdefault((feed, chooser.randrange(2)), []).append(row)
    return [[(feed, of_file) for (feed, _), of_file in load.items()] for load in loads]


@examples(2)
@given(retailers().map(with_other_feeds), st.lists(policy_texts(), min_size=2, max_size=2), st.integers(0, 2**32))
def _check(root: Path, seen: list[int], retailer: Retailer, choices: list[list[str]], seed: int) -> None:
    policies = choices[0]
    chooser = random.Random(seed)
    ws = land_in_loads(root, in_loads(with_history(delivered_rows(retailer), chooser), chooser))
    incremented, whole = root / "incremented" / "warehouse.duckdb", root / "whole" / "warehouse.duckdb"
    last = BronzeIndex(ws.bronze_index).last_load()

    full_build(ws, incremented, policies, 1)
    held = 1
    while held < last:
        upto = min(last, held + chooser.choice((1, 1, 2)))
        policies = chooser.choice((policies, policies, *choices))
        seen.append(bring_up(ws, incremented, policies, held, upto).lines)
        held = upto
        full_build(ws, whole, policies, held)

        assert different_rows(incremented, whole) == {}


def test_increments_give_the_rows_of_a_full_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    seen: list[int] = []

    _check(tmp_path / "ws", seen)

    assert sum(seen) > 0
