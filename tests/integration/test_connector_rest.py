"""The examples of a shop's orders and a service desk's tickets, against local servers that behave like the real ones."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support_cli import run as command
from support_connectors import bronze_rows, connected, copied, land_all, outcomes, run_killed, written_text
from support_interfaces import TOKEN, Desk, Shop, order, serving, ticket
from support_landing import NOW

from incentives.connectors import rest_http
from incentives.connectors.credentials import Secrets
from incentives.errors import InputError, OutsideError
from incentives.services import connecting
from incentives.workspace import Workspace

LINES = ("source", "order_id", "line_id", "kind", "customer_email", "quantity", "net_amount", "source_updated_at")
TICKETS = (
    "source",
    "interaction_id",
    "kind",
    "channel",
    "associate_id",
    "customer_id",
    "outcome",
    "deleted",
    "source_updated_at",
)


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited for, none of them for real."""
    seconds: list[float] = []
    monkeypatch.setattr(rest_http.Client.__init__, "__defaults__", (seconds.append,))
    from incentives.connectors import rest

    monkeypatch.setattr(rest.pages, "__kwdefaults__", {"sleep": seconds.append})
    return seconds


@pytest.fixture
def shop() -> Iterator[Shop]:
    """20 orders of two lines, three at a time changed in one and the same second; pages of 4."""
    refund = {"id": 1, "created_at": "2026-02-04T09:00:00+01:00", "processed_at": None}
    refund["refund_line_items"] = [{"id": 9, "line_item_id": 51, "quantity": 1, "subtotal": 3.6, "total_tax": 0.2}]
    orders = [order(number, refunds=[refund] if number == 5 else []) for number in range(1, 21)]
    with serving(Shop(orders, page_rows_max=4), header="X-Shopify-Access-Token", value=TOKEN) as running:
        assert isinstance(running, Shop)
        yield running


@pytest.fixture
def desk() -> Iterator[Desk]:
    tickets = [ticket(number, number // 2) for number in range(1, 21)]
    with serving(Desk(tickets, page_rows_max=6), header="Authorization", value=f"Bearer {TOKEN}") as running:
        assert isinstance(running, Desk)
        yield running


def shop_workspace(root: Path, shop: Shop, **changes: str) -> Workspace:
    changes = {"https://example.myshopify.com": shop.url, 'limit: "250"': 'limit: "4"', **changes}
    return connected(root, "shop-orders", "shopify", '"order_lines"', changes)


def desk_workspace(root: Path, desk: Desk) -> Workspace:
    return connected(root, "service-tickets", "zendesk", '"interactions"', {"https://example.zendesk.com": desk.url})


def pull(ws: Workspace, name: str = "shop-orders") -> connecting.RunReport:
    return connecting.run(ws, name, now=NOW, secrets=Secrets({"SHOP_TOKEN": TOKEN, "TICKETS_TOKEN": TOKEN}))


def expected_lines(shop: Shop) -> set[tuple[str | None, ...]]:
    """The shop's lines by hand: (n + 1).10 a piece, 1.50 off the first line, tax apart."""
    rows: set[tuple[str | None, ...]] = set()
    for each in shop.records:
        if each["financial_status"] != "paid":
            continue
        cents = int(each["line_items"][0]["price"].replace(".", ""))
        for item in each["line_items"]:
            net = cents * item["quantity"] - (150 if item["quantity"] == 1 else 0)
            figures = (str(item["quantity"]), f"{net // 100}.{net % 100:02}")
            rows.add(("shopify", str(each["id"]), str(item["id"]), "sale", each["email"], *figures, each["updated_at"]))
    five = 5_000_000_000_000_000_005
    rows.add(("shopify", str(five), "refund-9", "return", "client5@example.org", "-1", "-3.6", "2026-02-03T10:01:00+01:00"))
    return rows


def test_every_order_line_and_refund_reaches_bronze_exactly(shop: Shop, tmp_path: Path) -> None:
    ws = shop_workspace(tmp_path / "ws", shop)

    report = pull(ws)
    landed = land_all(ws)

    assert (report.rows, report.unchanged) == ({"order_lines": 41}, 0)
    assert outcomes(landed) == {"accepted": 41}
    assert bronze_rows(ws, "order_lines", LINES) == expected_lines(shop)
    assert b"PLANTED" not in written_text(ws)
    assert TOKEN.encode() not in written_text(ws)


def test_a_second_run_asks_from_the_overlap_on_and_delivers_what_changed(shop: Shop, tmp_path: Path) -> None:
    ws = shop_workspace(tmp_path / "ws", shop)
    pull(ws)
    land_all(ws)
    shop.asked.clear()

    shop.records[6] = order(7, 30, email="new@example.org")
    changed = pull(ws)

    # The last order changed at 10:06; 600 seconds before it is 09:56.
    assert shop.asked[0]["updated_at_min"] == "2026-02-03T09:56:00+01:00"
    assert changed.rows == {"order_lines": 2}
    assert outcomes(land_all(ws)) == {"accepted": 2, "duplicate": 41}


def test_busy_failing_and_cut_answers_are_tried_again_and_nothing_is_lost(
    shop: Shop, waited: list[float], tmp_path: Path
) -> None:
    shop.troubles = {1: "429", 2: "503", 4: "cut", 6: "half", 7: "500", 9: "torn", 10: "429"}
    shop.retry_after = "2.0"
    ws = shop_workspace(tmp_path / "ws", shop)

    pull(ws)
    land_all(ws)

    assert bronze_rows(ws, "order_lines", LINES) == expected_lines(shop)
    assert waited.count(2.0) == 2
    assert len(waited) == 7


@pytest.mark.parametrize("kind", ["cut", "half", "503", "torn"])
def test_a_source_that_stays_away_is_an_outside_error_and_the_next_run_goes_on(
    kind: str, shop: Shop, waited: list[float], tmp_path: Path
) -> None:
    shop.troubles = dict.fromkeys(range(3, 9), kind)
    ws = shop_workspace(tmp_path / "ws", shop)

    with pytest.raises(OutsideError, match="6 times"):
        pull(ws)
    first = len(list((ws.inbox / "shopify").glob("*.csv")))
    shop.asked.clear()
    pull(ws)
    landed = land_all(ws)

    # Two pages were delivered; order 5 on the second of them has its refund in a file of its own.
    assert first == 3
    assert "page_info" in shop.asked[0]
    assert outcomes(landed) == {"accepted": 41}
    assert bronze_rows(ws, "order_lines", LINES) == expected_lines(shop)


def test_a_page_token_that_expired_sends_the_run_back_to_its_cursor(shop: Shop, waited: list[float], tmp_path: Path) -> None:
    shop.troubles = dict.fromkeys(range(4, 10), "503")
    ws = shop_workspace(tmp_path / "ws", shop)
    with pytest.raises(OutsideError):
        pull(ws)

    shop.tokens.clear()
    pull(ws)
    land_all(ws)

    assert bronze_rows(ws, "order_lines", LINES) == expected_lines(shop)


def test_a_wait_longer_than_a_run_may_take_ends_it_with_what_the_source_asks(
    shop: Shop, waited: list[float], tmp_path: Path
) -> None:
    shop.troubles, shop.retry_after = {2: "429"}, "3600"
    ws = shop_workspace(tmp_path / "ws", shop)

    with pytest.raises(OutsideError, match="asks to wait 3600 seconds"):
        pull(ws)

    assert waited == []


@pytest.mark.slow
def test_a_run_killed_at_any_step_and_started_again_ends_with_exactly_the_rows_of_the_source(shop: Shop, tmp_path: Path) -> None:
    environment = {"SHOP_TOKEN": TOKEN}
    fresh = shop_workspace(tmp_path / "fresh", shop)
    whole = run_killed(copied(fresh, tmp_path / "counted"), "shop-orders", 1_000, environment)
    steps = 1_000 - int(whole.stdout.split()[-1])

    for step in (0, 2, 3, 4, 5, 6, steps // 2, steps - 2, steps - 1):
        ws = copied(fresh, tmp_path / f"killed-{step}")
        killed = run_killed(ws, "shop-orders", step, environment)
        pull(ws)
        landed = land_all(ws)

        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert bronze_rows(ws, "order_lines", LINES) == expected_lines(shop), step
        assert outcomes(landed)["accepted"] == 41
        assert outcomes(landed)["quarantined"] == 0


def test_a_refused_secret_is_named_by_its_variable_and_never_shown(shop: Shop, tmp_path: Path) -> None:
    ws = shop_workspace(tmp_path / "ws", shop)

    refused = command("connect", "run", "shop-orders", "--workspace", ws.root, env={"SHOP_TOKEN": "not-the-right-token"}, code=2)

    assert "SHOP_TOKEN" in refused.err
    assert "not-the-right-token" not in refused.err + refused.out


def test_the_secret_is_not_sent_to_another_host_that_an_answer_names(shop: Shop, tmp_path: Path) -> None:
    shop.hostile_next = "http://localhost:9"
    ws = shop_workspace(tmp_path / "ws", shop)

    with pytest.raises(InputError, match="another host"):
        pull(ws)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"records: orders": "records: invoices"}, "no list of records at invoices"),
        ({"path: updated_at\n": "path: changed\n"}, "no timestamp at changed"),
        ({"/orders.json": "/bills.json"}, "refuses /admin/api/2025-07/bills.json"),
        ({"paging: {style: link_header}": "paging: {style: link_header}\nanswer_bytes_max: 500"}, "larger than 500 bytes"),
    ],
)
def test_an_answer_that_is_not_as_described_is_refused_at_once(
    change: dict[str, str], words: str, shop: Shop, tmp_path: Path
) -> None:
    ws = shop_workspace(tmp_path / "ws", shop, **change)

    with pytest.raises(InputError, match=words):
        pull(ws)

    assert len(shop.asked) == 1


def test_tickets_reach_bronze_without_a_word_of_their_text_and_later_runs_go_on_where_the_last_ended(
    desk: Desk, tmp_path: Path
) -> None:
    desk.records[3]["assignee_id"] = None
    desk.records[4]["status"] = "deleted"
    ws = desk_workspace(tmp_path / "ws", desk)

    first = pull(ws, "service-tickets")
    nothing = pull(ws, "service-tickets")
    # Delivered out of order: an old ticket changes after newer ones, and one is sent twice.
    desk.records[3] = ticket(4, 40)
    desk.records.append(dict(desk.records[3]))
    later = pull(ws, "service-tickets")
    landed = land_all(ws)

    assert (first.rows, nothing.rows, later.rows) == ({"interactions": 19}, {}, {"interactions": 1})
    assert [("start_time" in query, "cursor" in query) for query in desk.asked[:2]] == [(True, False), (False, True)]
    assert outcomes(landed) == {"accepted": 20}
    expected: set[tuple[str | None, ...]] = set()
    for number in range(1, 21):
        who = (str(360_000_000_000 + number % 3), str(number % 7))
        state = ("resolved" if number % 2 and number != 5 else None, "true" if number == 5 else "false")
        moment = f"2026-02-03T10:{40 if number == 4 else number // 2:02}:00Z"
        expected.add(("zendesk", str(number), "service_case", "email", *who, *state, moment))
    assert bronze_rows(ws, "interactions", TICKETS) == expected
    assert b"PLANTED" not in written_text(ws)


def test_numbered_pages_lose_no_record_that_moves_to_the_end_meanwhile(tmp_path: Path) -> None:
    class Numbered(Shop):
        def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], dict[str, object]]:
            since, number = query["updated_at_min"], int(query["page"])
            ordered = sorted((each["updated_at"], each["id"], each) for each in self.records)
            found = [each for moment, _, each in ordered if moment >= since]
            page = found[(number - 1) * 4 : number * 4]
            answer = {"orders": [dict(each) for each in page]}
            # Whenever a page was given out, its first order changes: all that follow move up by one place.
            if len(self.asked) < 6:
                moved = next(each for each in self.records if each is page[0])
                moved["updated_at"] = f"2026-02-03T10:{40 + len(self.asked)}:00+01:00"
            return 200, {}, answer

    with serving(
        Numbered([order(number, number) for number in range(1, 21)]), header="X-Shopify-Access-Token", value=TOKEN
    ) as shop:
        assert isinstance(shop, Shop)
        paging = {"paging: {style: link_header}": "paging: {style: page_number, parameter: page, size: 4}"}
        ws = shop_workspace(tmp_path / "ws", shop, **paging)
        pull(ws)
        land_all(ws)

        delivered = {row[0] for row in bronze_rows(ws, "order_lines", ("order_id",))}
    assert delivered == {str(5_000_000_000_000_000_000 + number) for number in range(1, 21)}


@pytest.mark.slow
def test_a_run_over_tickets_killed_at_any_step_ends_with_exactly_the_tickets(desk: Desk, tmp_path: Path) -> None:
    environment = {"TICKETS_TOKEN": TOKEN}
    fresh = desk_workspace(tmp_path / "fresh", desk)
    whole = run_killed(copied(fresh, tmp_path / "counted"), "service-tickets", 1_000, environment)
    steps = 1_000 - int(whole.stdout.split()[-1])
    undisturbed = copied(fresh, tmp_path / "undisturbed")
    pull(undisturbed, "service-tickets")
    land_all(undisturbed)
    expected = bronze_rows(undisturbed, "interactions", TICKETS)
    assert {number for _, number, *_ in expected} == {str(number) for number in range(1, 21)}

    for step in (1, 3, steps // 2, steps - 1):
        ws = copied(fresh, tmp_path / f"killed-{step}")
        killed = run_killed(ws, "service-tickets", step, environment)
        pull(ws, "service-tickets")
        landed = land_all(ws)

        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert bronze_rows(ws, "interactions", TICKETS) == expected, step
        assert outcomes(landed)["accepted"] == 20
