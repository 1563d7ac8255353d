"""Which touches count for an order, and what those that do not count say. Edges of windows are beside the models."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support_crediting import ADVISOR_ONLY, Retailer, cells, credited, left_out
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


# ---- which touches count -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "keys", "reason"),
    [
        ("conversation", {}, {}, None),
        ("event", {}, {}, "kind_not_counted"),
        ("fulfilment", {}, {}, "kind_not_counted"),
        ("conversation", {"outcome": "no_show"}, {}, "no_show"),
        ("conversation", {"outcome": " Opted_Out "}, {}, "opted_out"),
        ("conversation", {"outcome": "auto_reply"}, {}, "auto_reply"),
        ("appointment", {"outcome": "kept"}, {}, None),
        ("appointment", {}, {}, "not_kept"),
        ("appointment", {"outcome": "kept", "booked_at": moment("2026-03-30T11:00:00Z")}, {}, None),
        ("appointment", {"outcome": "kept", "booked_at": moment("2026-03-30T11:00:01Z")}, {}, "booked_too_late"),
        ("conversation", {"recorded_at": moment("2026-03-31T12:00:00Z")}, {}, None),
        ("conversation", {"recorded_at": moment("2026-03-31T12:00:01Z")}, {}, "recorded_after_order"),
        ("conversation", {"recorded_at": moment("2026-03-30T22:00:00Z")}, {"late_logging_hours": 10}, None),
        ("conversation", {"recorded_at": moment("2026-03-30T22:00:01Z")}, {"late_logging_hours": 10}, "late_logging"),
        ("outreach", {}, {}, None),
        ("outreach", {}, {"outreach_needs_response_days": 0}, None),
        ("outreach", {"outcome": "answered"}, {"outreach_needs_response_days": 1}, "no_response"),
        ("outreach", {"responded_at": moment("2026-03-31T12:00:00Z")}, {"outreach_needs_response_days": 1}, None),
        ("outreach", {"responded_at": moment("2026-03-31T12:00:01Z")}, {"outreach_needs_response_days": 2}, "no_response"),
        ("outreach", {"responded_at": moment("2026-03-30T11:59:59Z")}, {"outreach_needs_response_days": 2}, "no_response"),
        ("outreach", {"responded_at": moment("2026-03-31T00:00:01Z")}, {"outreach_needs_response_days": 0.5}, "no_response"),
    ],
)
def test_a_touch_counts_or_says_why_it_does_not(
    kind: str, more: dict[str, Any], keys: dict[str, object], reason: str | None
) -> None:
    found = credited(_with_touch(kind, **more), _advice(**keys))

    assert left_out(found, "1") == {"t": reason}
    assert [(cell.recipient, cell.credit_minor) for cell in cells(found, "1")] == [("house" if reason else "a", 10_000)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], None),
        ([("2026-03-01", "contact", "message", "withdrawn")], "not_permitted"),
        ([("2026-03-01", "profiling", "message", "withdrawn")], None),
        ([("2026-03-01", "contact", "email", "withdrawn")], None),
        ([("2026-03-01", "contact", "message", "withdrawn"), ("2026-03-02", "contact", "message", "granted")], None),
        ([("2026-03-30T12:00:00", "contact", "message", "withdrawn")], "not_permitted"),
        ([("2026-03-30T12:00:01", "contact", "message", "withdrawn")], None),
    ],
)
def test_an_outreach_needs_the_last_word_on_its_method(words: list[tuple[str, str, str, str]], reason: str | None) -> None:
    retailer = _with_touch("outreach", method="message")
    for at, purpose, method, status in words:
        changed = moment(f"{at}T00:00:00Z" if "T" not in at else f"{at}Z")
        retailer.add(
            "permissions", source="till", customer_id="c", method=method, purpose=purpose, changed_at=changed, status=status
        )

    assert left_out(credited(retailer, _advice()), "1") == {"t": reason}


@pytest.mark.parametrize(
    ("hired", "left", "reason"),
    [
        (date(2026, 3, 30), date(2026, 3, 30), None),
        (date(2026, 3, 31), None, "not_employed"),
        (None, date(2026, 3, 29), "not_employed"),
    ],
)
def test_touches_count_on_the_days_worked_and_keep_their_credit_after_leaving(
    hired: date | None, left: date | None, reason: str | None
) -> None:
    retailer = _with_touch("conversation")
    retailer.feeds["associates"] = [{"associate_id": "a", "hired_on": hired, "left_on": left}]

    assert left_out(credited(retailer, _advice()), "1") == {"t": reason}


def test_the_day_of_a_touch_is_local_to_where_it_took_place() -> None:
    # 22:30 UTC on the 29th is 00:30 on the 30th in Paris and 02:30 in Dubai: one_per_day sees one day or two.
    retailer = Retailer()
    retailer.associates("a", "b")
    retailer.add("locations", location_id="paris", country="FR", time_zone="Europe/Paris")
    retailer.touch("a", "conversation", "2026-03-29T22:30:00Z", id="late", location_id="paris")
    retailer.touch("a", "conversation", "2026-03-30T09:00:00Z", id="next", location_id="paris")
    retailer.touch("b", "conversation", "2026-03-29T22:30:00Z", id="utc late")
    retailer.touch("b", "conversation", "2026-03-30T09:00:00Z", id="utc next")
    retailer.sale("1", ORDERED, 10_000)

    found = left_out(credited(retailer, _advice(one_per_day="true")), "1")

    assert found == {"late": "one_per_day", "next": None, "utc late": None, "utc next": None}


def test_a_seller_of_any_line_of_the_order_gives_no_advice_in_its_hours_but_who_handles_a_return_may() -> None:
    retailer = Retailer()
    retailer.associates("s", "t", "r")
    for who in ("s", "t", "r"):
        retailer.touch(who, "conversation", "2026-03-31T11:00:00Z", id=who)
    retailer.sale("0", "2026-03-01T12:00:00Z", 5_000)
    retailer.sale("1", ORDERED, 10_000, associate_id="s")
    retailer.sale("1", ORDERED, 10_000, line="2", associate_id="t")
    retailer.taken_back("1", ORDERED, 5_000, line="3", of="0", associate_id="r")

    found = left_out(credited(retailer, _advice(own_sale_hours=24)), "1")

    assert found == {"s": "own_sale_hours", "t": "own_sale_hours", "r": None}
