"""What makes two records one customer, pair by pair, from delivered files to the order lines of both."""

from __future__ import annotations

import pytest
from support_arrivals import KEY, built_marts, delivered_rows, land_in_loads
from support_crediting import Retailer

POLICY = "policy: global\nvalid_from: 2020-01-01\nroles: {seller: 100}\n"
# Of each pair: kind and value of the till's record, kind and value of the web's, whether they are one customer.
PAIRS = {
    "an email in other case and with spaces": (("email", "Ada@Example.com"), ("email", "  ada@example.COM"), True),
    "emails that differ in a dot": (("email", "b.c@example.com"), ("email", "bc@example.com"), False),
    "a phone with 00 and with +": (("phone", "0033 6 12 34 56 78"), ("phone", "+33612345678"), True),
    "a phone with other separators": (("phone", "+33 (6) 22-34.56/78"), ("phone", "+33622345678"), True),
    "a phone without its country": (("phone", "0632345678"), ("phone", "0632345678"), False),
    "a phone of six digits": (("phone", "+123456"), ("phone", "+123456"), False),
    "a phone of seven digits": (("phone", "+1234567"), ("phone", "+1234567"), True),
    "a phone of fifteen digits": (("phone", "+123456789012345"), ("phone", "+123456789012345"), True),
    "a phone of sixteen digits": (("phone", "+1234567890123456"), ("phone", "+1234567890123456"), False),
    "a handle": (("social_handle", "instagram:ada"), ("social_handle", " instagram:ada "), True),
    "a handle on another platform": (("social_handle", "instagram:bea"), ("social_handle", "tiktok:bea"), False),
    "a loyalty id": (("loyalty_id", "L-1"), ("loyalty_id", "L-1"), True),
    "an account id": (("account_id", "A-1"), ("account_id", "A-1"), True),
    "the same text as another kind": (("loyalty_id", "X-1"), ("account_id", "X-1"), False),
}


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """Return for each pair whether the orders of its two records are of one customer."""
    retailer = Retailer()
    retailer.associates("ann")
    identifiers = []
    for number, (one, other, _) in enumerate(PAIRS.values()):
        for source, (kind, value) in (("till", one), ("web", other)):
            customer = f"{source}-{number}"
            retailer.sale(f"{number}", "2026-03-10T10:00:00Z", 100, customer=customer, source=source, associate_id="ann")
            identifiers.append({"source": source, "customer_id": customer, "identifier_type": kind, "identifier_value": value})
    rows = {**delivered_rows(retailer), "customer_identifiers": identifiers}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", KEY)
        ws = land_in_loads(tmp_path_factory.mktemp("identity") / "ws", [list(rows.items())])
        lines = built_marts(ws, [POLICY])["fct_order_lines"]
    # Columns 3 and 5 of fct_order_lines are the customer and the order.
    customers = {order: {line[3] for line in lines if line[5] == order} for order in {str(line[5]) for line in lines}}
    assert len(lines) == 2 * len(PAIRS)
    return {name: len(customers[str(number)]) == 1 for number, name in enumerate(PAIRS)}


@pytest.mark.parametrize("name", list(PAIRS))
def test_two_records_are_one_customer_where_they_share_a_usable_identifier(joined: dict[str, bool], name: str) -> None:
    assert joined[name] == PAIRS[name][2]
