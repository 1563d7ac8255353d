"""Rules of crediting one by one, each with its figures by hand. What edges of windows do is beside the models."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support_crediting import ADVISOR_ONLY, Cell, Retailer, amounts, cells, credited
from support_staging import moment

ORDERED = "2026-03-31T12:00:00Z"
SELLER_ONLY = "policy: global\nvalid_from: 2000-01-01\nroles: {seller: 100}\n"
HALF_ADVISOR = "policy: global\nvalid_from: 2000-01-01\nroles: {seller: 50, advisor: 50}\n"
WEIGHTS = "weights: {conversation: 2, consultation: 3, appointment: 4, outreach: 1, fulfilment: 0}"


def _advice(**keys: object) -> str:
    more = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"{ADVISOR_ONLY}advisor: {{{WEIGHTS}{more}}}\n"


def _with_touch(kind: str, at: str = "2026-03-30T12:00:00Z", **more: Any) -> Retailer:
    retailer = Retailer()
    retailer.associates("a", "s")
    retailer.touch("a", kind, at, id="t", **more)
    retailer.sale("1", ORDERED, 10_000, associate_id="s")
    return retailer


# ---- sellers, overrides, unknown and gone people -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sellers", "expected"),
    [
        ("s", {"s": 10_001}),
        ("s|t", {"s": 5_001, "t": 5_000}),
        ("s:70|t:30", {"s": 7_001, "t": 3_000}),
        ("s:50|t:30|s:20", {"s": 7_001, "t": 3_000}),
        ("s|t|s", {"s": 6_667, "t": 3_334}),
        ("s:0|t:100", {"t": 10_001}),
    ],
)
def test_several_sellers_share_equally_or_as_stated(sellers: str, expected: dict[str, int]) -> None:
    retailer = Retailer()
    retailer.associates("s", "t")
    retailer.sale("1", ORDERED, 10_001, associate_id=sellers)

    found = amounts(credited(retailer, SELLER_ONLY), "1")

    assert {recipient: credit for (_, recipient), credit in found.items()} == expected


def test_the_last_approved_override_replaces_the_recorded_seller() -> None:
    retailer = Retailer()
    retailer.associates("s", "t", "u", "v")
    retailer.sale("1", ORDERED, 10_000, associate_id="s")
    line = {"source": "till", "order_id": "1", "line_id": "1"}
    retailer.add(
        "credit_overrides",
        override_id="1",
        associate_id="t:60|u:40",
        decided_at=moment("2026-04-02T00:00:00Z"),
        approved_by="b",
        **line,
    )
    retailer.add(
        "credit_overrides", override_id="2", associate_id="s", decided_at=moment("2026-04-01T00:00:00Z"), approved_by="b", **line
    )
    retailer.add("credit_overrides", override_id="3", associate_id="v", decided_at=moment("2026-04-03T00:00:00Z"), **line)

    assert amounts(credited(retailer, SELLER_ONLY), "1") == {("seller", "t"): 6_000, ("seller", "u"): 4_000}


def test_an_unknown_seller_keeps_the_share_under_the_recorded_id_and_one_who_has_left_gives_house() -> None:
    retailer = Retailer()
    retailer.add("associates", associate_id="gone", left_on=date(2026, 3, 30))
    retailer.sale("1", ORDERED, 10_000, associate_id="new|gone")

    found = credited(retailer, SELLER_ONLY)

    half = 500_000_000_000
    assert cells(found, "1") == [
        Cell("seller", "new", half, 5_000, "unknown_associate"),
        Cell("seller", "house", half, 5_000, "not_employed"),
    ]
    exceptions = found.execute(
        "select kind, subject, amount_minor from intermediate.int_credit_exceptions order by kind"
    ).fetchall()
    assert exceptions == [("seller_not_employed", "gone", 10_000), ("unknown_associate", "new", 5_000)]


# ---- roles that nobody holds ---------------------------------------------------------------------------------------


def test_a_role_that_nobody_holds_goes_to_the_others_or_to_house_as_the_policy_says() -> None:
    retailer = Retailer()
    retailer.associates("s")
    retailer.sale("1", ORDERED, 10_000, associate_id="s")

    assert amounts(credited(retailer, HALF_ADVISOR), "1") == {("seller", "s"): 10_000}
    assert cells(credited(retailer, HALF_ADVISOR + "unclaimed: house\n"), "1")[1] == Cell(
        "advisor", "house", 500_000_000_000, 5_000, "unclaimed"
    )


def test_where_no_role_is_held_house_has_all_in_one_row() -> None:
    retailer = Retailer()
    retailer.sale("1", ORDERED, 10_000)

    for policy in (HALF_ADVISOR, HALF_ADVISOR + "unclaimed: house\n"):
        assert cells(credited(retailer, policy), "1") == [Cell(None, "house", 10**12, 10_000, "no_role_held")]


def test_lines_without_identifier_take_the_customer_that_the_other_lines_agree_on() -> None:
    retailer = _with_touch("conversation")
    retailer.sale("1", ORDERED, 10_000, line="2", customer=None, associate_id="s")
    retailer.sale("2", ORDERED, 10_000, associate_id="s")
    retailer.sale("2", ORDERED, 10_000, line="2", customer="other", associate_id="s")
    retailer.sale("2", ORDERED, 10_000, line="3", customer=None, associate_id="s")

    found = credited(retailer, _advice())

    assert amounts(found, "1", "2") == {("advisor", "a"): 10_000}
    assert amounts(found, "2", "1") == {("advisor", "a"): 10_000}
    assert amounts(found, "2", "3") == {(None, "house"): 10_000}


# ---- exclusions ----------------------------------------------------------------------------------------------------


def test_an_excluded_category_credits_nobody_and_its_return_takes_from_nobody() -> None:
    retailer = Retailer()
    retailer.associates("s")
    retailer.sale("1", ORDERED, 10_000, associate_id="s", category="gift_card")
    retailer.taken_back("2", ORDERED, 10_000, of="1")

    found = credited(retailer, SELLER_ONLY + "exclude: {categories: [gift_card]}\n")

    assert cells(found, "1") == [Cell(None, "house", 10**12, 10_000, "excluded_category")]
    assert cells(found, "2") == [Cell(None, "house", 10**12, -10_000, "excluded_category")]


def test_what_people_would_get_of_their_own_purchase_goes_to_house_and_the_others_keep_theirs() -> None:
    retailer = _with_touch("conversation")
    retailer.feeds["associates"] = [{"associate_id": "a"}, {"associate_id": "s", "customer_source": "till", "customer_id": "c"}]

    found = credited(retailer, f"{HALF_ADVISOR}advisor: {{{WEIGHTS}}}\nexclude: {{self_purchase: true}}\n")

    half = 500_000_000_000
    assert cells(found, "1") == [
        Cell("seller", "house", half, 5_000, "self_purchase"),
        Cell("advisor", "a", half, 5_000, None),
    ]


# ---- returns -------------------------------------------------------------------------------------------------------


def test_repeated_partial_returns_leave_nothing_and_what_exceeds_the_sale_is_house() -> None:
    # 0.04 over 1:3:3 is 0, 2, 2. A return of 0.01 leaves 0.03: 1, 1, 1, so it is +1, -1, -1. A return of 0.05 takes the
    # last 0.03 and is 0.02 too much.
    retailer = Retailer()
    retailer.associates("a", "b", "c")
    retailer.sale("1", ORDERED, 4, associate_id="a|b|b|b|c|c|c")
    retailer.taken_back("2", "2026-04-01T12:00:00Z", 1, of="1")
    retailer.taken_back("3", "2026-04-02T12:00:00Z", 5, of="1")
    retailer.taken_back("4", "2026-04-03T12:00:00Z", 7, of="1")

    found = credited(retailer, SELLER_ONLY)

    assert [cell.credit_minor for cell in cells(found, "1")] == [0, 2, 2]
    assert [cell.credit_minor for cell in cells(found, "2")] == [1, -1, -1]
    assert [(cell.role, cell.credit_minor, cell.reason) for cell in cells(found, "3")] == [
        (None, -2, "return_exceeds_sale"),
        ("seller", -1, None),
        ("seller", -1, None),
        ("seller", -1, None),
    ]
    assert cells(found, "4") == [Cell(None, "house", 10**12, -7, "return_exceeds_sale")]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"original_order_id": "unheard of"}, "unmatched_return"),
        ({"original_line_id": None}, "unmatched_return"),
        ({"original_source": "web"}, "unmatched_return"),
        ({"currency": "USD"}, "unmatched_return"),
        ({"original_source": "till", "source": "web"}, None),
        ({"associate_id": "somebody"}, None),
    ],
)
def test_a_return_without_its_sale_is_house_wherever_it_happened(more: dict[str, Any], reason: str | None) -> None:
    retailer = Retailer()
    retailer.associates("s")
    retailer.sale("1", ORDERED, 10_000, associate_id="s")
    retailer.taken_back("2", "2026-04-01T12:00:00Z", 4_000, of="1", **more)

    assert [(cell.recipient, cell.credit_minor, cell.reason) for cell in cells(credited(retailer, SELLER_ONLY), "2")] == [
        ("house" if reason else "s", -4_000, reason)
    ]


def test_a_return_completed_before_its_sale_waits_with_house() -> None:
    retailer = Retailer()
    retailer.associates("s")
    retailer.sale("1", ORDERED, 10_000, associate_id="s", completed_at=None)
    retailer.taken_back("2", "2026-04-01T12:00:00Z", 4_000, of="1")

    found = credited(retailer, SELLER_ONLY)

    assert cells(found, "1") == []
    assert cells(found, "2") == [Cell(None, "house", 10**12, -4_000, "sale_not_completed")]


def test_a_return_carries_the_policy_of_its_sale() -> None:
    later = SELLER_ONLY.replace("2000-01-01", "2026-04-01").replace("seller: 100", "advisor: 100")
    retailer = Retailer()
    retailer.associates("s")
    retailer.sale("1", ORDERED, 10_000, associate_id="s")
    retailer.taken_back("2", "2026-04-15T12:00:00Z", 10_000, of="1")
    retailer.sale("3", "2026-04-15T12:00:00Z", 10_000, associate_id="s")

    found = credited(retailer, [SELLER_ONLY, later])

    assert amounts(found, "2") == {("seller", "s"): -10_000}
    assert amounts(found, "3") == {(None, "house"): 10_000}


# ---- which policy holds --------------------------------------------------------------------------------------------


def test_the_policy_of_the_locations_country_holds_from_its_local_first_day() -> None:
    # 20:30 UTC on the last day of March is the first of April in Dubai.
    gulf = SELLER_ONLY.replace("global", "gulf").replace("2000-01-01", "2026-04-01") + "scope: {countries: [AE]}\n"
    retailer = Retailer()
    retailer.associates("s")
    retailer.add("locations", location_id="dubai", country="AE", time_zone="Asia/Dubai")
    retailer.sale("1", "2026-03-31T19:30:00Z", 100, associate_id="s", location_id="dubai")
    retailer.sale("2", "2026-03-31T20:30:00Z", 100, associate_id="s", location_id="dubai")
    retailer.sale("3", "2026-03-31T20:30:00Z", 100, associate_id="s")

    found = credited(retailer, [SELLER_ONLY, gulf])

    named = found.execute("select order_id, policy from marts.fct_credits order by order_id").fetchall()
    assert named == [("1", "global"), ("2", "gulf"), ("3", "global")]


def test_days_without_a_policy_are_named() -> None:
    retailer = Retailer()
    retailer.sale("1", "1999-12-31T12:00:00Z", 100)
    retailer.sale("2", "1999-12-31T13:00:00Z", 100)
    retailer.sale("3", "2000-01-01T12:00:00Z", 100)

    gaps = credited(retailer, SELLER_ONLY).execute("select order_date, order_lines from intermediate.int_policy_gaps").fetchall()

    assert gaps == [(date(1999, 12, 31), 2)]


# ---- customers -----------------------------------------------------------------------------------------------------


def test_records_of_different_sources_that_share_an_identifier_are_one_customer() -> None:
    retailer = _with_touch("conversation", source="crm", customer="x9")
    retailer.add("customer_identifiers", source="crm", customer_id="x9", identifier_type="email", identifier_value="t_email")
    retailer.add("customer_identifiers", source="till", customer_id="c", identifier_type="email", identifier_value="t_email")

    assert amounts(credited(retailer, _advice()), "1") == {("advisor", "a"): 10_000}


def test_a_long_chain_of_records_is_one_customer() -> None:
    retailer = _with_touch("conversation", customer="c0")
    for number in range(60):
        for value in (number, number + 1):
            retailer.add(
                "customer_identifiers",
                source="till",
                customer_id=f"c{number}",
                identifier_type="email",
                identifier_value=f"t_{value}",
            )
    retailer.add("customer_identifiers", source="till", customer_id="c", identifier_type="email", identifier_value="t_60")

    assert amounts(credited(retailer, _advice()), "1") == {("advisor", "a"): 10_000}


@pytest.mark.parametrize(("records", "recipient"), [(5, "a"), (6, "house")])
def test_an_identifier_of_too_many_records_of_one_source_joins_nobody(records: int, recipient: str) -> None:
    retailer = _with_touch("conversation", customer="d1")
    for customer in ["c", *(f"d{number}" for number in range(1, records))]:
        retailer.add(
            "customer_identifiers", source="till", customer_id=customer, identifier_type="phone", identifier_value="t_phone"
        )

    found = credited(retailer, _advice())

    assert [cell.recipient for cell in cells(found, "1")] == [recipient]
    hubs = found.execute("select subject from intermediate.int_credit_exceptions where kind = 'shared_identifier'").fetchall()
    assert hubs == ([("t_phone",)] if records == 6 else [])


def test_a_row_without_customer_id_belongs_to_whom_its_first_usable_identifier_names() -> None:
    retailer = Retailer()
    retailer.associates("a", "b")
    retailer.add("customer_identifiers", source="till", customer_id="c", identifier_type="loyalty_id", identifier_value="t_card")
    retailer.touch("a", "conversation", "2026-03-30T12:00:00Z", customer=None, loyalty_id="t_card", customer_email="t_shared")
    retailer.touch("b", "conversation", "2026-03-30T12:00:00Z", customer=None, customer_email="t_shared")
    retailer.sale("1", ORDERED, 10_000)
    retailer.sale("2", ORDERED, 10_000, customer=None, customer_email="t_shared")

    found = credited(retailer, _advice())

    assert amounts(found, "1") == {("advisor", "a"): 10_000}
    assert amounts(found, "2") == {("advisor", "b"): 10_000}


def test_a_house_account_credits_its_seller_and_nobody_else() -> None:
    retailer = _with_touch("conversation")
    retailer.associates("t")
    for number in range(3):
        retailer.sale(f"busy{number}", f"2026-03-2{number}T12:00:00Z", 100, associate_id="t")

    found = credited(retailer, f"{HALF_ADVISOR}advisor: {{{WEIGHTS}}}\n", house_account_over="3")

    assert [(cell.recipient, cell.reason) for cell in cells(found, "1")] == [("s", None), ("house", "house_account")]
    assert [(cell.recipient, cell.reason) for cell in cells(found, "busy2")] == [("t", None)]
    exceptions = found.execute(
        "select order_id, detail from intermediate.int_credit_exceptions where kind = 'house_account'"
    ).fetchall()
    assert exceptions == [
        (
            "1",
            "The customer has 4 orders and 1 touches in the time before this order that counts, more than 3, so it has no advisor and "
            "no relationship: have sales recorded on records of single clients instead of a shared one.",
        )
    ]
