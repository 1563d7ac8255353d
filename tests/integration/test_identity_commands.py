"""Two customers who become one and two again, and what the command line says of them; every figure by hand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from support_build import KEY, deliver, line, marts
from support_cli import Ran, run_here

from incentives.workspace import Workspace

pytestmark = pytest.mark.slow

CONFIG = """
[workspace]
id = "000000000000000000000000000000cc"
name = "Maison Test"
time_zone = "Europe/Paris"
house_account_over = 3

[identity]
max_customers_per_identifier = 2

[sources.till]
feeds = ["order_lines", "customer_identifiers", "client_ownership"]

[sources.desk]
feeds = ["interactions", "customer_identifiers"]

[sources.hr]
feeds = ["associates"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""
POLICY = (
    "policy: global\nvalid_from: 2026-01-01\nroles: {seller: 50, advisor: 35}\n"
    "advisor: {lookback_days: 30, weights: {conversation: 2}}\n"
)
STORE_PHONE = "+33 1 00 00 00 00"
Credits = dict[tuple[object, object], object]


class Story:
    """One workspace and what the commands said after each of three deliveries."""

    def __init__(self, root: Path) -> None:
        (root / "policies").mkdir(parents=True)
        (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
        (root / "policies" / "global.yaml").write_text(POLICY, encoding="utf-8")
        self.ws = Workspace.open(root)

    def command(self, *arguments: str, code: int = 0) -> Ran:
        return run_here(*arguments, "--workspace", self.ws.root, env={"INCENTIVES_KEY": KEY}, code=code)

    def land_and_build(self) -> tuple[Credits, Mapping[str, list[tuple[object, ...]]]]:
        """Land and build, and return the credits of order A1 and every mart."""
        self.command("land")
        self.command("build")
        credits = self.command("credits", "--order", "A1", "--format", "json").json()
        return {(row["role"], row["recipient"]): row["credit_minor"] for row in credits}, marts(self.ws.warehouse)


def _identifier(source: str, customer: str, kind: str, value: str, deleted: str = "") -> dict[str, str]:
    return {
        "source": source,
        "customer_id": customer,
        "identifier_type": kind,
        "identifier_value": value,
        "deleted": deleted,
    }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    story = Story(tmp_path_factory.mktemp("identity") / "ws")
    ws = story.ws
    deliver(ws, "hr", "associates.csv", [{"associate_id": name, "hired_on": "2020-01-01"} for name in ("lina", "noor")])
    walk_in = [line(f"W{day}", "1", "10.00", day=f"2026-03-0{day}", customer_id="WALK", location_id="") for day in range(1, 5)]
    ada = line("A1", "1", "100.00", day="2026-03-10", customer_id="T1", location_id="")
    deliver(ws, "till", "order_lines.csv", [ada, *walk_in])
    talk = {
        "source": "desk",
        "interaction_id": "I1",
        "kind": "conversation",
        "channel": "chat",
        "associate_id": "noor",
        "customer_id": "D1",
        "started_at": "2026-03-09T10:00:00Z",
    }
    deliver(ws, "desk", "interactions.csv", [talk, {**talk, "interaction_id": "I2", "outcome": "no_show"}])
    owned = {"customer_source": "till", "customer_id": "T1", "associate_id": "lina", "valid_from": "2026-01-01", "valid_to": ""}
    deliver(ws, "till", "client_ownership.csv", [owned])
    deliver(
        ws,
        "till",
        "customer_identifiers.csv",
        [_identifier("till", customer, "phone", STORE_PHONE) for customer in ("T1", "T8", "T9")],
    )
    story.apart, story.marts_apart = story.land_and_build()
    deliver(ws, "till", "customer_identifiers-2.csv", [_identifier("till", "T1", "email", "ada@example.com")])
    deliver(
        ws,
        "desk",
        "customer_identifiers.csv",
        [_identifier("desk", "D1", "email", " ADA@example.com "), _identifier("desk", "T9", "loyalty_id", "L9")],
    )
    story.joined, story.marts_joined = story.land_and_build()
    story.said = story.command("explain", "customer", "T1").out
    story.rows = story.command("explain", "customer", "D1", "--source", "desk", "--format", "json").json()
    deliver(ws, "desk", "customer_identifiers.csv", [_identifier("desk", "D1", "email", "ada@example.com", "true")])
    story.again, story.marts_again = story.land_and_build()
    return story


def test_two_records_become_one_customer_and_two_again(story: Story) -> None:
    # Seller 50, advice 35. While D1 is somebody else nobody advised T1, and the seller holds all that is held.
    # Joined: 100.00 x 50/85 = 58.8235 and 100.00 x 35/85 = 41.1765; rounded down they miss a cent, which goes to the larger rest.
    assert story.apart == {("seller", "lina"): 10_000}
    assert story.joined == {("seller", "lina"): 5_882, ("advisor", "noor"): 4_118}
    assert story.again == {("seller", "lina"): 10_000}


def test_after_the_un_merge_every_credit_measure_and_exception_is_as_before(story: Story) -> None:
    what_deliveries_add = {"delivery_counts", "build_batches"}
    before = {name: rows for name, rows in story.marts_apart.items() if name not in what_deliveries_add}

    assert {name: story.marts_again[name] for name in before} == before
    assert story.marts_joined["fct_credits"] != before["fct_credits"]
    assert story.marts_joined["fct_measures"] != before["fct_measures"]


def test_explain_customer_says_what_joins_what_does_not_and_what_follows(story: Story) -> None:
    said = re.sub(r"t_[0-9a-f]{8}…", "TOKEN", re.sub(r"of 20\d\d-\d\d-\d\d", "of DAY", story.said))

    assert said == (
        "Customer T1 of till: 2 records, 1 order, 2 touches.\n"
        "  till T1\n"
        "  desk TOKEN\n"
        "Joined by:\n"
        "  email TOKEN: desk TOKEN, since load 4 of DAY\n"
        "  email TOKEN: till T1, since load 4 of DAY\n"
        "Shared too widely to join anybody:\n"
        "  phone TOKEN of till T1: 3 records of till carry it, the limit is 2\n"
        "Looked after by:\n"
        "  lina from 2026-01-01\n"
        "What follows:\n"
        "  A touch of any of the 2 records counts for the orders of all of them.\n"
        "  1 touch of 2 can count under no policy.\n"
        "  Touches of other records that only share what too many share do not count for these orders.\n"
        "  Role seller: credited to people on 1 sale line, to the house on 0.\n"
        "  Role advisor: credited to people on 1 sale line, to the house on 0.\n"
    )


def test_explain_customer_shows_no_clear_value_but_the_id_that_was_given(story: Story) -> None:
    text = story.said + str(story.rows)

    for clear in ("ada", "ADA@", "00 00", "100000000", "D1 of till"):
        assert clear not in text
    assert {row["record"] for row in story.rows if row["fact"] == "record"} >= {"D1"}
    assert "T1" not in str(story.rows)


def test_explain_customer_as_rows_for_programs(story: Story) -> None:
    facts = [row["fact"] for row in story.rows]
    (hub,) = [row for row in story.rows if row["fact"] == "hub"]
    text = story.command("explain", "customer", "desk:D1", "--format", "csv").out

    assert facts[:4] == ["record", "record", "join", "join"]
    assert (hub["identifier_kind"], hub["source"], hub["count"], hub["limit"]) == ("phone", "till", 3, 2)
    assert [(row["source"], row["since_load"]) for row in story.rows if row["fact"] == "join"] == [("desk", 4), ("till", 4)]
    # The join was taken back by the last delivery: the record stands alone.
    assert [row["fact"] for row in csv.DictReader(io.StringIO(text))] == ["record", "consequence", "consequence"]


def test_explain_customer_names_the_orders_of_a_house_account(story: Story) -> None:
    said = story.command("explain", "customer", "WALK").out

    # Four orders within 30 days, the limit is three: the fourth sees itself and three others.
    assert (
        "A house account for 1 order:\n  order W4 of till: 4 orders and 0 touches in the time that counts, the limit is 3\n"
        in said
    )
    assert "  1 order of 4: no advisor and no relationship, the seller's part stays. The others are credited as usual.\n" in said


@pytest.mark.parametrize("arguments", [["T7"], ["till:T7"], ["T1", "--source", "desk"], [""]])
def test_an_id_that_nobody_delivered_is_refused(story: Story, arguments: list[str]) -> None:
    refused = story.command("explain", "customer", *arguments, code=2)

    assert refused.out == ""
    assert f"error: no customer record has the id '{arguments[0]}'" in refused.err
    assert "SOURCE:ID" in refused.err


def test_an_id_of_two_sources_is_refused_until_one_is_named(story: Story) -> None:
    refused = story.command("explain", "customer", "T9", code=2)

    assert "error: several sources have a customer 'T9': desk, till. Name one with --source SOURCE." in refused.err
    assert story.command("explain", "customer", "T9", "--source", "desk").out.startswith(
        "Customer T9 of desk: 1 record, 0 orders"
    )


def test_exceptions_say_what_to_do_and_a_table_has_major_units(story: Story) -> None:
    table = story.command("exceptions", "--kind", "house_account").out
    rows = story.command("exceptions", "--format", "json").json()

    assert re.search(r"\bW4 +1 +10\.00 +EUR +The customer has 4 orders and 0 touches", table)
    assert [(row["kind"], row["amount_minor"]) for row in rows] == [("house_account", 1000), ("shared_identifier", None)]
    assert "3 customer records of till share this identifier, more than 2" in str(rows[1]["detail"])
    assert list(rows[0]) == ["kind", "subject", "source", "order_id", "line_id", "amount_minor", "currency", "detail"]
