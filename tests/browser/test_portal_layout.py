"""Every page on a phone and on a desk, by day and by night: it fits, it can be read, and it asks for nothing elsewhere.

Served in this process from the hand-written fixture; driven by a real headless Chromium.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page
from support_portal import PASSWORD, House, build_house

from incentives.portal.app import create_app
from incentives.portal.serving import make_portal

pytestmark = [pytest.mark.browser]

PHONE, DESK = (360, 740), (1280, 900)
PAGES = {
    "lina": (
        "/today",
        "/credits",
        "/credits/1",
        "/credits/2",
        "/pay",
        "/pay/2026-03/main/lina",
        "/tokens",
        "/people/lina",
        "/nowhere",
    ),
    "anna": ("/team", "/people/lina", "/people/lina/credits/1"),
    "omar": (
        "/cycles",
        "/cycles/main/2026-03",
        "/cycles/main/2026-03/acts/review",
        "/cycles/main/2026-03/acts/approve",
        "/cycles/main/2026-03/checklist",
        "/cycles/main/2026-03/people",
        "/cycles/main/2026-03/people/lina",
        "/confirm",
    ),
}
# Text whose contrast with the nearest painted ground is below 4.5:1 (3:1 where it is large), as WCAG 2.2 counts it.
WEAK_TEXT = """() => {
  const parts = colour => { const m = colour.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = ([r, g, b]) => { const f = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const ground = element => { for (let e = element; e; e = e.parentElement) {
    const c = parts(getComputedStyle(e).backgroundColor); if (c[3] > 0.99) return c; } return [255, 255, 255, 1]; };
  const weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || element.closest('svg, .visually-hidden, .skip') || !element.getClientRects().length) continue;
    const style = getComputedStyle(element), a = light(parts(style.color)), b = light(ground(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) weak.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return weak;
}"""
# Buttons, fields and links that stand alone and are smaller than a thumb needs.
SMALL_TARGETS = """() => [...document.querySelectorAll('button, summary, input:not([type=hidden]), textarea, .tabs a, .back a, .months a, a.why, .button, .rows a')]
  .filter(e => e.getClientRects().length && !e.closest('.visually-hidden') && !e.matches('.visually-hidden, [type=checkbox]'))
  .map(e => [e.getBoundingClientRect(), e.textContent.trim() || e.name]).filter(([box]) => box.height < 43.5 || box.width < 43.5)
  .map(([box, name]) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


@dataclass(frozen=True)
class Site:
    """A served house."""

    house: House
    address: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("INCENTIVES_KEY", "a key of these tests only")
        house = build_house(tmp_path_factory.mktemp("site") / "ws", demo=True)
        app = create_app(make_portal(house.ws, now=house.clock, secure=False))
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        yield Site(house, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
        server.should_exit = True
        thread.join(timeout=30)


def signed_in(context: BrowserContext, site: Site, person: str) -> Page:
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{site.address}/sign-in")
    page.get_by_label("Person").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("person", PAGES)
def test_pages_fit_can_be_read_and_ask_for_nothing_elsewhere(
    chromium: Browser, site: Site, person: str, size: tuple[int, int], scheme: str
) -> None:
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if scheme == "dark" else "light"
    )
    complaints: list[str] = []
    page = signed_in(context, site, person)
    page.on("console", lambda message: complaints.append(message.text) if "404" not in message.text else None)
    page.on("request", lambda request: None if request.url.startswith(site.address) else complaints.append(request.url))

    for path in PAGES[person]:
        page.goto(f"{site.address}{path}")
        closed = page.locator("main details:not([open]) > summary")
        while closed.count():
            closed.first.click()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
        assert page.evaluate(WEAK_TEXT) == [], path
        if size == PHONE:
            assert page.evaluate(SMALL_TARGETS) == [], path
        assert page.locator("h1").count() == 1, path
    assert complaints == []
    context.close()


def test_the_keyboard_alone_reaches_the_why_of_a_credit(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    page = signed_in(context, site, "lina")
    page.goto(f"{site.address}/today")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('why')"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    page.wait_for_url("**/credits/*")

    assert outline == "solid"
    assert "from a sale" in page.locator("h1").inner_text()
    context.close()


def test_every_chart_has_a_name_and_its_figures_in_a_table(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    page = signed_in(context, site, "anna")
    for path in ("/people/lina", "/people/lina/credits/1", "/team"):
        page.goto(f"{site.address}{path}")
        charts = page.locator("main svg[role=img]")
        assert charts.count() >= 1
        for index in range(charts.count()):
            assert charts.nth(index).evaluate(
                "chart => chart.getAttribute('aria-label') || chart.getAttribute('aria-labelledby')"
            )
        assert page.locator("main table caption").count() >= 1
    context.close()
