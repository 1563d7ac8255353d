"""The portal as three people meet it: a demo served by the command line, in a real headless Chromium.

The demo is made and its cycles locked and put into review by `incentives demo`; the browser reads the passwords that
`incentives serve` prints, as a person would.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from support_cli import run

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PHONE = {"width": 360, "height": 780}
DESK = {"width": 1280, "height": 900}
AMOUNT = re.compile(r"[−-]?€([0-9][0-9,]*\.[0-9]{2})")


@dataclass(frozen=True)
class Served:
    """A running portal: its address and the passwords of this start, by person."""

    root: Path
    address: str
    passwords: dict[str, str]
    roles: dict[str, str]

    def person(self, role: str) -> str:
        return next(person for person, held in self.roles.items() if held == role)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("portal") / "demo"
    run("demo", root, "--order-lines", 4_000, "--seed", 3, "--no-serve", by_dbt=True)
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", "from incentives.cli import main; main()", "serve", "--workspace", str(root), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        printed = "".join(lines)
        found = re.findall(r"^\s*(associate|manager|finance)\s+(\S+)\s+(\S+)$", printed, re.MULTILINE)
        address = re.search(r"http://127\.0\.0\.1:\d+", printed)
        assert address is not None, printed
        yield Served(
            root,
            address.group(),
            {person: word for _, person, word in found},
            {person: role for role, person, _ in reversed(found)},
        )
    finally:
        process.terminate()
        process.wait(timeout=20)


def _page(chromium: Browser, viewport: dict[str, int]) -> Page:
    page = chromium.new_context(viewport={"width": viewport["width"], "height": viewport["height"]}).new_page()
    page.set_default_timeout(20_000)
    return page


def _signed_in(chromium: Browser, served: Served, person: str, viewport: dict[str, int]) -> Page:
    page = _page(chromium, viewport)
    page.goto(f"{served.address}/")
    page.locator("input[name=login]").fill(person)
    page.locator("input[name=password]").fill(served.passwords[person])
    page.locator("main button[type=submit]").click()
    page.wait_for_load_state()
    assert "/sign-in" not in page.url
    return page


def _fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_an_associate_sees_credits_with_reasons_and_statements(
    chromium: Browser, served: Served, viewport: dict[str, int]
) -> None:
    page = _signed_in(chromium, served, served.person("associate"), viewport)

    assert page.url.endswith("/today")
    assert "Demonstration" in page.locator("body").inner_text()
    assert re.search(r"Figures of \d\d:\d\d", page.locator("header").inner_text())
    assert _fits(page)
    page.goto(f"{served.address}/pay")
    text = page.locator("main").inner_text()
    assert "Draft" in text
    assert "Final" in text
    assert _fits(page)
    page.locator("main a[href^='/pay/']").last.click()
    page.wait_for_load_state()
    assert re.search(r"/pay/\d{4}-\d{2}/europe/", page.url)
    statement = page.locator("main").inner_text()
    assert "personal sales" in statement.lower()
    assert AMOUNT.search(statement)
    assert _fits(page)


def test_the_parts_of_a_why_page_add_up_to_the_sale(chromium: Browser, served: Served) -> None:
    page = _signed_in(chromium, served, served.person("associate"), PHONE)
    page.goto(f"{served.address}/credits")
    while not page.locator("main a[href^='/credits/']").count():
        page.get_by_text("‹").first.click()
        page.wait_for_load_state()

    page.locator("main a[href^='/credits/']").first.click()
    page.wait_for_load_state()

    table = page.locator("table").first
    amounts = [Decimal(found.replace(",", "")) for found in AMOUNT.findall(table.locator("tbody").inner_text())]
    together = [Decimal(found.replace(",", "")) for found in AMOUNT.findall(table.locator("tfoot").inner_text())]
    assert len(amounts) >= 1
    assert sum(amounts) == together[0]
    assert _fits(page)


def test_a_manager_sees_the_team_and_no_pay(chromium: Browser, served: Served) -> None:
    page = _signed_in(chromium, served, served.person("manager"), DESK)

    page.get_by_role("link", name="Team").click()
    page.wait_for_load_state()

    names = page.locator("main tbody tr").all_inner_texts()
    assert len(names) >= 1
    assert names == sorted(names)
    assert "Pay is not shown here" in page.locator("main").inner_text()
    page.locator("main tbody a").first.click()
    page.wait_for_load_state()
    person = page.url.rsplit("/", 1)[1].split("?")[0]
    for hidden in (f"/cycles/europe/2026-01/people/{person}", "/cycles", "/people/nobody"):
        refused = page.goto(f"{served.address}{hidden}")
        assert refused is not None
        assert refused.status == 404


def test_finance_brings_the_reviewed_cycle_to_exported_with_two_people(chromium: Browser, served: Served) -> None:
    review = run("cycle", "list", "--workspace", served.root, "--format", "json").json()
    cycle = next(row for row in review if row["state"] == "in_review" and row["pay_group"] == "europe")
    place = f"{served.address}/cycles/europe/{cycle['period']}"
    prepares = _signed_in(chromium, served, "demo.finance", DESK)
    prepares.goto(f"{place}/acts/approve")
    prepares.locator("main form button[type=submit]").last.click()
    prepares.wait_for_load_state()
    prepares.goto(place)
    assert "in review" in prepares.locator("main h1").inner_text()

    # The sample's faults stop the approval until whoever will not approve waives them.
    prepares.goto(f"{place}/checklist")
    assert "the approval" in prepares.locator("main h1").inner_text()
    waits = prepares.locator("#items details")
    assert waits.count() > 0
    while waits.count():
        waits.first.locator("summary").click()
        waits.first.get_by_label("Reason").fill("Faults of the sample.")
        waits.first.get_by_role("button", name="Waive").click()
        prepares.wait_for_load_state()
    assert "Nothing on the list stops" in prepares.locator("main h1").inner_text()

    approves = _signed_in(chromium, served, "demo.controller", DESK)
    for act, state in (("approve", "approved"), ("lock", "locked"), ("export", "exported")):
        approves.goto(f"{place}/acts/{act}")
        approves.locator("main form button[type=submit]").last.click()
        approves.wait_for_load_state()
        assert state in approves.locator("main h1").inner_text().lower() or approves.url.startswith(place)
        now = run("cycle", "list", "--workspace", served.root, "--format", "json").json()
        assert [row["state"] for row in now if row["pay_group"] == "europe" and row["period"] == cycle["period"]] == [state]
    assert run("verify", "--workspace", served.root).code == 0


def test_amounts_are_hidden_with_one_tap_and_stay_hidden(chromium: Browser, served: Served) -> None:
    page = _signed_in(chromium, served, served.person("associate"), PHONE)
    page.goto(f"{served.address}/pay")
    assert AMOUNT.search(page.locator("main").inner_text())

    page.get_by_role("button", name="Hide amounts").click()
    page.wait_for_load_state()

    assert not AMOUNT.search(page.locator("main").inner_text())
    page.goto(f"{served.address}/today")
    assert not AMOUNT.search(page.locator("main").inner_text())


def test_pages_load_nothing_from_another_host_and_every_field_has_a_label(chromium: Browser, served: Served) -> None:
    page = _page(chromium, PHONE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{served.address}/sign-in")

    assert asked
    assert all(url.startswith(served.address) for url in asked)
    fields = page.locator("input:not([type=hidden])")
    assert fields.count() >= 2
    for index in range(fields.count()):
        assert fields.nth(index).evaluate("field => field.labels.length") >= 1
