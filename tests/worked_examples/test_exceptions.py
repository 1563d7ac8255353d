"""What needs a person: every kind of exception, in a sentence that says what it is and what to do."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from support_crediting import Retailer, credited
from support_models import build, models_under

from incentives.cli.diagnostics import EXCEPTION_KINDS

ROOT = Path(__file__).resolve().parents[2]
POLICY = "policy: global\nvalid_from: 2000-01-01\nroles: {seller: 50, advisor: 50}\nadvisor: {weights: {conversation: 1}}\n"


@pytest.fixture(scope="module")
def found() -> duckdb.DuckDBPyConnection:
    """Return a retailer to whom everything happens that needs a person."""
    retailer = Retailer()
    retailer.associates("s")
    retailer.add("associates", associate_id="gone", left_on=date(2026, 3, 1))
    retailer.add("associates", associate_id="later", hired_on=date(2026, 4, 1))
    day = "2026-03-31T12:00:00Z"
    retailer.sale("waits", day, 5_000, associate_id="new", customer=None)
    retailer.sale("left", day, 6_000, associate_id="gone", customer=None)
    retailer.sale("before", day, 6_100, associate_id="later", customer=None)
    retailer.sale("open", day, 7_000, associate_id="s", customer=None, completed_at=None)
    retailer.sale("twice", day, 8_000, associate_id="s", customer=None)
    retailer.taken_back("too early", "2026-04-02T12:00:00Z", 7_000, of="open", customer=None)
    retailer.taken_back("back", "2026-04-02T12:00:00Z", 8_000, of="twice", customer=None)
    retailer.taken_back("back again", "2026-04-03T12:00:00Z", 500, of="twice", customer=None)
    retailer.taken_back("of what", "2026-04-02T12:00:00Z", 900, of="nowhere", of_line="3", original_source="web", customer=None)
    retailer.taken_back("of nothing", "2026-04-02T12:00:00Z", 800, of="x", original_order_id=None, customer=None)
    for number in range(3):
        retailer.sale(f"busy{number}", f"2026-03-2{number}T12:00:00Z", 100, associate_id="s", customer="staff")
    retailer.touch("gone", "conversation", "2026-03-10T12:00:00Z", customer="d1")
    retailer.touch("gone", "conversation", "2026-03-20T12:00:00Z", customer="d1")
    retailer.touch("ghost", "conversation", "2026-03-10T12:00:00Z", customer="d1")
    for source, records in (("till", 4), ("web", 3), ("app", 2)):
        for number in range(records):
            retailer.add(
                "customer_identifiers",
                source=source,
                customer_id=f"h{number}",
                identifier_type="phone",
                identifier_value="t_phone",
            )
    connection = credited(
        retailer, POLICY, ["EUR", "AED"], house_account_over="2", max_customers_per_identifier="2", time_zone="UTC"
    )
    build(connection, [model for model in models_under("marts/reconciliation") if model == "exceptions"])
    return connection


def _of(found: duckdb.DuckDBPyConnection, kind: str) -> list[tuple[object, ...]]:
    return found.execute(
        "select subject, source, order_id, amount_minor, detail from marts.exceptions where kind = ? order by all", [kind]
    ).fetchall()


def test_an_unknown_associate_waits_for_the_record(found: duckdb.DuckDBPyConnection) -> None:
    assert _of(found, "unknown_associate") == [
        (
            "new",
            "till",
            "waits",
            2_500,
            "No associate record has come for new, so this part waits under that id: have the record delivered, or replace the "
            "seller by a credit override.",
        )
    ]


def test_a_return_without_its_sale_says_which_sale_it_names(found: duckdb.DuckDBPyConnection) -> None:
    assert _of(found, "unmatched_return") == [
        (
            None,
            "till",
            "of nothing",
            -800,
            "The return names no sale, so it counts for nobody: have the source deliver the order and line that it takes back.",
        ),
        (
            None,
            "till",
            "of what",
            -900,
            "No sale in EUR is known as order nowhere of web, line 3, so the return counts for nobody: have the sale delivered, or "
            "its name on the return corrected.",
        ),
    ]


def test_returns_too_early_and_too_large_name_their_sale(found: duckdb.DuckDBPyConnection) -> None:
    assert _of(found, "return_before_sale_completed") == [
        (
            None,
            "till",
            "too early",
            -7_000,
            "The sale that it takes back, order open of till, line 1, is not completed, so the return counts for nobody until it is: "
            "have the source deliver the completed sale.",
        )
    ]
    assert _of(found, "return_exceeds_sale") == [
        (
            None,
            "till",
            "back again",
            -500,
            "More came back than was left of order twice of till, line 1, so what exceeds it counts for nobody: check the returns of "
            "that line with the source.",
        )
    ]


def test_sellers_outside_their_employment_are_named_with_the_day(found: duckdb.DuckDBPyConnection) -> None:
    todo = "so this part counts for nobody: replace the seller by a credit override, or have the day of work corrected."
    assert _of(found, "seller_not_employed") == [
        (
            "gone",
            "till",
            "left",
            6_000,
            f"gone is recorded as seller on 2026-03-31, after the last day of work, 2026-03-01, {todo}",
        ),
        (
            "later",
            "till",
            "before",
            6_100,
            f"later is recorded as seller on 2026-03-31, before the first day of work, 2026-04-01, {todo}",
        ),
    ]


def test_touches_that_cannot_count_are_counted_by_person(found: duckdb.DuckDBPyConnection) -> None:
    assert [row[-1] for row in _of(found, "touches_not_employed")] == [
        "2 touches of gone from 2026-03-10 to 2026-03-20 outside the days of work do not count: have these days corrected, or ask "
        "who used this id."
    ]
    assert [row[-1] for row in _of(found, "touches_unknown_associate")] == [
        "1 touch of ghost from 2026-03-10 to 2026-03-10 wait for an associate record: have it delivered, or have the source correct "
        "the id."
    ]


def test_a_hub_is_listed_once_for_each_source_that_shares_it_too_widely(found: duckdb.DuckDBPyConnection) -> None:
    # Four records of the till and three of the web share it; the two of the app are within the limit of two.
    todo = (
        "share this identifier, more than 2, so it joins nobody: have the source take it off the records whose own it is not, or "
        "raise the limit if it is theirs."
    )
    assert _of(found, "shared_identifier") == [
        ("t_phone", "till", None, None, f"4 customer records of till {todo}"),
        ("t_phone", "web", None, None, f"3 customer records of web {todo}"),
    ]
    assert found.execute("select count(*) from intermediate.int_identity_edges where identifier = 't_phone'").fetchall() == [(0,)]


def test_a_house_account_and_a_missing_rate_say_what_they_lack(found: duckdb.DuckDBPyConnection) -> None:
    # The third order has two others before it: three orders in the window, more than two.
    assert [row[2:] for row in _of(found, "house_account")] == [
        (
            "busy2",
            100,
            "The customer has 3 orders and 0 touches in the time before this order that counts, more than 2, so it has no advisor and "
            "no relationship: have sales recorded on records of single clients instead of a shared one.",
        )
    ]
    assert (
        "AED",
        "till",
        "waits",
        5_000,
        "No rate from EUR to AED is known for 2026-03-31 or the 7 days before, so the line counts for nobody in AED: deliver the "
        "rate in fx_rates.",
    ) in _of(found, "missing_rate")


def test_the_page_the_command_and_the_models_know_the_same_kinds(found: duckdb.DuckDBPyConnection) -> None:
    page = (ROOT / "docs" / "reference" / "exceptions.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    models = yaml.safe_load((ROOT / "dbt_project/models/marts/reconciliation/_reconciliation__models.yml").read_text("utf-8"))
    (mart,) = [model for model in models["models"] if model["name"] == "exceptions"]
    (column,) = [column for column in mart["columns"] if column["name"] == "kind"]
    built = [kind for (kind,) in found.execute("select distinct kind from marts.exceptions").fetchall()]

    assert documented == list(EXCEPTION_KINDS)
    assert column["data_tests"][0]["accepted_values"]["arguments"]["values"] == list(EXCEPTION_KINDS)
    assert sorted(built) == sorted(EXCEPTION_KINDS)


def test_every_sentence_is_one_and_says_after_a_colon_what_to_do(found: duckdb.DuckDBPyConnection) -> None:
    sentences = [detail for (detail,) in found.execute("select distinct detail from marts.exceptions").fetchall()]

    assert [text for text in sentences if not re.fullmatch(r"[^:.]+: [^:.]+\.", text)] == []
