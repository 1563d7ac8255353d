"""The order in which rows and files arrive changes no mart, where source_updated_at decides between versions."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_arrivals import KEY, File, built_marts, delivered_rows, differences, land_in_loads, updated
from support_crediting import Retailer
from support_retailers import PEOPLE, examples, policy_texts, retailers

pytestmark = pytest.mark.slow
LOADS = 3
Rows = dict[str, list[dict[str, str]]]


def with_reference_data(retailer: Retailer) -> Retailer:
    """Return the retailer with teams, and with rates for half of the days."""
    feeds = dict(retailer.feeds)
    feeds["assignments"] = [
        {"associate_id": who, "valid_from": date(2026, 1, 1), "team_id": f"team{number % 2}", "role": "advisor"}
        for number, who in enumerate(PEOPLE)
    ] + [{"associate_id": PEOPLE[0], "valid_from": date(2026, 3, 20), "team_id": "team1", "role": "advisor"}]
    feeds["fx_rates"] = [
        {"rate_date": date(2026, 3, day), "from_currency": "AED", "to_currency": "EUR", "rate_e9": 230_000_000 + day}
        for day in (1, 12, 20)
    ]
    return Retailer(feeds)


def with_earlier_versions(rows: Rows, chooser: random.Random) -> Rows:
    """Return the rows with an earlier version of some records, and of some a withdrawal in between."""
    found: Rows = {feed: list(of_feed) for feed, of_feed in rows.items()}
    for feed, of_feed in rows.items():
        for row in of_feed:
            fate = chooser.randrange(5)
            if fate == 0:
                found[feed].append({**row, **_otherwise(feed, row), "source_updated_at": updated(-10)})
            if fate <= 1:
                found[feed].append({**row, "deleted": "true", "source_updated_at": updated(-5)})
    return found


def _otherwise(feed: str, row: Mapping[str, str]) -> dict[str, str]:
    """Return what the earlier version of a record said."""
    match feed:
        case "order_lines":
            return {"net_amount": "0", "associate_id": "dan"}
        case "interactions":
            return {"customer_id": "c4", "kind": "consultation"}
        case "assignments":
            return {"team_id": "team9"}
        case "locations":
            return {"country": "DE"}
        case _:
            return {}


def files_of(rows: Rows) -> list[File]:
    """Return one file for each feed, rows in their order."""
    return [(feed, of_feed) for feed, of_feed in rows.items() if of_feed]


def scattered(rows: Rows, chooser: random.Random) -> list[list[File]]:
    """Return the same rows in any order, over several loads of several files each."""
    loads: list[dict[tuple[str, int], list[Mapping[str, str]]]] = [{} for _ in range(LOADS)]
    for feed, of_feed in rows.items():
        for row in chooser.sample(of_feed, len(of_feed)):
            chooser.choice(loads).setdefault((feed, chooser.randrange(2)), []).append(row)
    found = []
    for load in loads:
        files: list[File] = [(feed, of_file) for (feed, _), of_file in load.items()]
        found.append(chooser.sample(files, len(files)))
    return found


@examples(4)
@given(retailers().map(with_reference_data), policy_texts(), st.integers(0, 2**32))
def _check(root: Path, seen: list[int], retailer: Retailer, policies: list[str], seed: int) -> None:
    chooser = random.Random(seed)
    rows = with_earlier_versions(delivered_rows(retailer), chooser)

    at_once = built_marts(land_in_loads(root, [files_of(rows)]), policies)
    in_parts = built_marts(land_in_loads(root, scattered(rows, chooser)), policies)

    assert differences(at_once, in_parts) == {}
    seen.append(len(at_once["fct_credits"]))


def test_rows_in_any_order_and_files_in_any_load_give_the_same_marts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    seen: list[int] = []

    _check(tmp_path / "ws", seen)

    assert sum(seen) > 0
