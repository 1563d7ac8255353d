"""Why a credit is what it is: the sentences of the design, and numbers that add up whatever the division."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from incentives.money import allocate
from incentives.portal import words
from incentives.portal.amounts import LOCALES, Writer
from incentives.portal.why import Explanation, explain
from incentives.services.explanations import HOUSE_WORDS, LEFT_OUT_WORDS
from incentives.serving.credits import CreditLine, Touch

WRITER = Writer(LOCALES["en"], ZoneInfo("Europe/Paris"))
TRILLION = 10**12


def part(role: str | None, recipient: str, percent: int, credit_minor: int, reason: str | None = None) -> CreditLine:
    return CreditLine(
        order_line_key=1, root_line_key=1, source="till", order_id="1001", line_id="1", line_kind="sale", role=role,
        recipient=recipient, share_e12=percent * TRILLION // 100, credit_minor=credit_minor, net_minor=10_000, currency="EUR",
        reason=reason, quantity_milli=1_000, category="watches", place="Lyon", has_customer=True, policy="global",
        policy_since=date(2026, 1, 1), ordered_at=datetime(2026, 3, 12, 9, 30), business_date=date(2026, 3, 12),  # noqa: DTZ001
        earned_date=date(2026, 3, 12),
    )  # fmt: skip


SALE = (
    part("seller", "sam", 50, 5_000),
    part("advisor", "lina", 21, 2_100),
    part("advisor", "bea", 14, 1_400),
    part("relationship", "cleo", 15, 1_500),
)
RETURN = tuple(
    replace(
        sold, order_line_key=2, order_id="1050", line_kind="return", credit_minor=minor, net_minor=-4_000, quantity_milli=-1_000,
        ordered_at=datetime(2026, 3, 28, 15, 0), business_date=date(2026, 3, 28),  # noqa: DTZ001
    )
    for sold, minor in zip(SALE, (-2_000, -840, -560, -600), strict=True)
)  # fmt: skip


def why(
    person: str, division: Sequence[CreditLine], family: Sequence[CreditLine] = (), touches: Sequence[Touch] = ()
) -> Explanation:
    found = explain(person, division, family or [p for p in division if p.recipient == person], touches, WRITER)
    assert found is not None
    return found


def test_advice_is_said_in_one_sentence_with_its_arithmetic() -> None:
    said = why("lina", SALE)

    assert said.headline == "+€21.00 from a sale."
    assert said.event == "On 12\u00a0March a client you had advised bought for €100.00, Lyon."
    assert said.arithmetic == (
        "You had advised the client before, and your advice counts for 21\u00a0%: 21\u00a0% of €100.00 is €21.00.",
    )


def test_a_return_says_what_came_back_what_it_takes_and_what_stays() -> None:
    mine = [p for p in (*SALE, *RETURN) if p.recipient == "lina"]

    said = why("lina", RETURN, mine)

    assert said.headline == "−€8.40 from a return."
    assert "On 28\u00a0March one piece for €40.00 came back, Lyon." in said.event
    assert said.arithmetic == ("21\u00a0% of €40.00 is €8.40.", "You keep €12.60 of this sale.")
    assert "neither gains nor loses" in said.others


def test_colleagues_appear_by_role_and_share_and_never_by_name() -> None:
    labels = [found.label for found in why("lina", SALE).parts]

    assert labels == ["You, for advice", "One seller", "One other advisor", "One colleague who looks after the client"]
    assert not any(name in str(why("lina", SALE).parts) for name in ("sam", "bea", "cleo"))


def test_what_counts_for_nobody_says_why() -> None:
    division = (
        replace(part("seller", "sam", 50, 5_000), has_customer=False),
        replace(part("advisor", "house", 50, 5_000, "unidentified"), has_customer=False),
    )

    said = why("sam", division)

    assert said.event == "On 12\u00a0March you sold to a walk-in client for €100.00, Lyon."
    assert (said.parts[1].label, said.parts[1].note) == ("Counts for nobody", "no client was named on the sale")


def test_two_roles_of_one_person_are_two_parts() -> None:
    said = why("sam", (part("seller", "sam", 85, 8_500), part("relationship", "sam", 15, 1_500)))

    assert said.headline == "+€100.00 from a sale."
    assert [found.credit_minor for found in said.parts] == [8_500, 1_500]


def test_a_part_whose_last_digit_was_rounded_to_add_up_says_so() -> None:
    thirds = [
        replace(part("advisor", person, 0, minor), share_e12=TRILLION // 3, net_minor=100)
        for person, minor in (("a", 34), ("b", 33), ("c", 33))
    ]

    assert "rounded so that all parts add up" in why("a", thirds).arithmetic[0]
    assert "rounded" not in why("b", thirds).arithmetic[0]


def test_somebody_without_a_part_gets_no_explanation() -> None:
    assert explain("nobody", SALE, (), (), WRITER) is None


def test_what_was_done_before_says_its_weight_or_why_it_does_not_count() -> None:
    at = datetime(2026, 3, 5, 9, 30)  # noqa: DTZ001 - the marts hold UTC without a zone
    touches = [
        Touch("advisor", "consultation", at, 604_800, 3, 3 * 2**35, True, None),
        Touch("advisor", "conversation", at, 610_200, 2, 0, False, "one_per_day"),
        Touch("advisor", "conversation", at, 610_200, 2, 2, True, None),
        Touch("relationship", "conversation", at, 610_200, 2, 0, True, None),
    ]

    said = why("lina", SALE, touches=touches).touches

    assert said[0].weight == "weight 3, of which 50\u00a0% is left at this age"
    assert said[0].when == "5\u00a0March 2026, 10:30, 7 days before"
    assert (said[1].counted, said[1].why_not) == (False, "one a day counts, and another one of that day weighs more")
    assert said[2].weight == "weight 2"
    assert said[3].weight == "it shows that you are in touch with your client"


def test_every_reason_that_the_command_line_explains_has_words_here() -> None:
    assert HOUSE_WORDS.keys() - words.NOBODY.keys() == set()
    assert LEFT_OUT_WORDS.keys() - words.LEFT_OUT.keys() == set()


@st.composite
def divisions(draw: st.DrawFn) -> tuple[CreditLine, ...]:
    net_minor = draw(st.integers(-(10**9), 10**9).filter(lambda value: value != 0))
    cells = draw(
        st.lists(
            st.tuples(st.sampled_from(["seller", "advisor", "relationship"]), st.sampled_from(["me", "a", "b", "c", "house"])),
            min_size=1, max_size=8, unique=True,
        )
    )  # fmt: skip
    weights = draw(st.lists(st.integers(1, 100), min_size=len(cells), max_size=len(cells)))
    shares = allocate(TRILLION, weights)
    amounts = allocate(net_minor, shares)
    kind = "return" if net_minor < 0 else "sale"
    return tuple(
        replace(
            part(role, recipient, 0, minor, "unclaimed" if recipient == "house" else None),
            share_e12=share, net_minor=net_minor, line_kind=kind,
        )
        for (role, recipient), share, minor in zip(cells, shares, amounts, strict=True)
    )  # fmt: skip


@given(divisions())
def test_parts_add_up_to_the_line_and_mine_to_my_credit(division: tuple[CreditLine, ...]) -> None:
    mine = [p for p in division if p.recipient == "me"]
    found = explain("me", division, mine, (), WRITER)

    assert (found is None) == (not mine)
    if found is not None:
        assert sum(p.credit_minor for p in found.parts) == found.net_minor == division[0].net_minor
        assert sum(p.credit_minor for p in found.parts if p.owner == "you") == found.credit_minor
        assert sum(p.share_e12 for p in found.parts) == TRILLION
        assert sum(p.width for p in found.parts) <= 1000
