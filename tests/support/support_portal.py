"""A portal on the fixture's snapshot and a real ledger: accounts, a locked cycle and one in review."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from httpx import Response
from support_ledger import Desk, draft_statement
from support_snapshot import NOW, published

from incentives.ledger import access, sign_in
from incentives.ledger.access import Grant, Role
from incentives.ledger.audit import Actor
from incentives.ledger.drafts import ComponentDraft
from incentives.ledger.engine import Ledger
from incentives.periods import Period
from incentives.portal.app import create_app
from incentives.portal.serving import make_portal
from incentives.workspace import Workspace

PASSWORD = "a-long-password-of-tests"
CONSOLE = Actor("console", "console")
FEBRUARY, MARCH = Period.parse("2026-02"), Period.parse("2026-03")
PEOPLE = {
    "lina": (Role.ASSOCIATE,),
    "bea": (Role.ASSOCIATE,),
    "sam": (Role.ASSOCIATE,),
    "noor": (Role.ASSOCIATE,),
    "anna": (Role.ASSOCIATE, Role.MANAGER),
    "bruno": (Role.ASSOCIATE, Role.MANAGER),
    "omar": (Role.FINANCE,),
    "iris": (Role.FINANCE,),
}
STEPS = (
    {
        "sequence": 1,
        "component": "personal_sales",
        "step": "measure",
        "label": "Credit that counts in the window",
        "inputs": {"measure": "credited_revenue", "window": "2026-03-01 to 2026-04-01"},
        "output": "576.05",
        "unit": "money",
    },
    {
        "sequence": 2,
        "component": "personal_sales",
        "step": "attainment",
        "label": "576.05 of 1000.00",
        "inputs": {"measure": "576.05", "target": "1000.00"},
        "output": "57.605%",
        "unit": "ratio",
    },
    {
        "sequence": 3,
        "component": "total",
        "step": "worth",
        "label": "Sum of the components",
        "inputs": {"personal_sales": "5.76"},
        "output": "5.76",
        "unit": "money",
    },
)


LINA_PART = ComponentDraft(
    "personal_sales", "credited_revenue", "money", "2026-03-01", "2026-04-01", 57_605, 100_000, "11521/20000", 576
)


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **spans: int) -> None:
        self.now += timedelta(**spans)


def make_client(ws: Workspace, clock: Clock | None = None, from_address: str = "127.0.0.1") -> TestClient:
    """An HTTP client of a workspace's portal, as a browser at an address reaches it."""
    app = create_app(make_portal(ws, now=clock or Clock(), secure=False))
    return TestClient(app, base_url="http://127.0.0.1", client=(from_address, 50_000))


@dataclass(frozen=True)
class House:
    """A workspace with everything a page shows."""

    ws: Workspace
    clock: Clock

    def client(self, from_address: str = "127.0.0.1") -> Browser:
        return Browser(make_client(self.ws, self.clock, from_address))

    def signed_in(self, person: str) -> Browser:
        browser = self.client()
        browser.sign_in(person)
        return browser


class Browser:
    """A client that sends forms as a browser does: with the token of the page that holds them."""

    def __init__(self, http: TestClient) -> None:
        self.http = http

    def get(self, path: str) -> Response:
        return self.http.get(path, follow_redirects=False)

    def post(self, page: str, path: str, **fields: str) -> Response:
        """Load a page, then post its form to a path."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.http.get(page).text)
        return self.http.post(path, data={"csrf": found.group(1) if found else "", **fields}, follow_redirects=False)

    def sign_in(self, person: str, password: str = PASSWORD, **fields: str) -> Response:
        return self.post("/sign-in", "/sign-in", login=person, password=password, next="/", **fields)


def build_house(root: Path, *, demo: bool = False) -> House:
    """Publish the fixture, make the accounts, lock February's cycle and put March's into review."""
    ws, _ = published(root, demo=demo)
    with Ledger.open(ws.ledger) as ledger:
        with ledger.act() as session:
            for person, roles in PEOPLE.items():
                access.create_account(session, CONSOLE, person, at=NOW, display_name=person.capitalize())
                for role in roles:
                    access.change_role(session, CONSOLE, person, Grant(role, "*"), "grant", at=NOW)
                sign_in.set_password(session, CONSOLE, person, PASSWORD, at=NOW)
        desk = Desk(ledger, NOW - timedelta(days=1))
        desk.whole_way([draft_statement("lina", 900, period=FEBRUARY), draft_statement("noor", 500, period=FEBRUARY)], FEBRUARY)
        desk.open(period=MARCH)
        rows = [draft_statement("lina", 576), draft_statement("sam", 640), draft_statement("noor", 300)]
        desk.calculate(
            [replace(row, steps=STEPS, components=(LINA_PART,)) if row.associate_id == "lina" else row for row in rows]
        )
        desk.review()
    return House(ws, Clock())


@contextmanager
def copied(house: House, root: Path) -> Iterator[House]:
    """Give a test its own copy of a built house, so that acts of one test are not seen by another."""
    target = root / "workspace"
    shutil.copytree(house.ws.root, target)
    yield House(Workspace.open(target), Clock())
