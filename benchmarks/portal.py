"""The portal under fifty people at once, each somebody else: associates, managers and finance, who read a page for a second and ask for the next."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from itertools import cycle, islice
from statistics import quantiles
from typing import TYPE_CHECKING

from benchmarks.bench import NOW, Bench
from benchmarks.build import make_day
from benchmarks.figures import Bar, Figure, Taken
from benchmarks.one_workspace import FOLDER
from incentives.periods import Period

if TYPE_CHECKING:
    import httpx

    from incentives.workspace import Workspace

USERS = 50
_DISPLAY_NAME = "Somebody who reads"
# Whoever waits as long as this for a page goes away; the page counts with the whole of it.
PATIENCE_S = 60.0
_LASTS_S, _READS_S = 30.0, 1.0
_PERIOD = Period.parse("2026-10")
_PAY_GROUP = "europe"
_PAGES = {
    "associate": ("/today", "/credits", "/pay"),
    "manager": ("/team",),
    "finance": ("/cycles", f"/cycles/{_PAY_GROUP}/{_PERIOD.label}", f"/cycles/{_PAY_GROUP}/{_PERIOD.label}/people"),
}


def prepare_portal(bench: Bench) -> None:
    """Have a built workspace with a calculated cycle."""
    if bench.size.name != "L":
        make_day(bench)
    ws = _workspace(bench)
    from incentives.services.demo import advance_cycle

    advance_cycle(ws, _PERIOD, _PAY_GROUP, NOW, until="in_review")


def ask_pages(bench: Bench) -> Taken:
    """Serve the workspace, and let fifty people ask for pages; the slowest page's 95th percentile counts."""
    import httpx

    ws = _workspace(bench)
    password = secrets.token_urlsafe(15)
    people = _let_in(ws, password)
    code = "from incentives.cli import main; main()"
    server = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "serve", "--workspace", str(ws.root), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        told = _read_until_served(server)
        address = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert address is not None, told
        signed_in = [
            (role, _sign_in(httpx.Client(base_url=address.group(), timeout=PATIENCE_S), person_id, password))
            for role, person_id in people
        ]
        taken: dict[str, list[float]] = {page: [] for pages in _PAGES.values() for page in pages}
        ends = time.monotonic() + _LASTS_S
        refused: list[str] = []
        readers = [
            threading.Thread(target=_read_pages, args=(client, _PAGES[role], ends, taken, refused)) for role, client in signed_in
        ]
        for reader in readers:
            reader.start()
            # They come one after the other within the second for which each reads.
            time.sleep(_READS_S / USERS)
        for reader in readers:
            reader.join()
        assert not refused, refused
    finally:
        server.terminate()
        server.wait()
    p95 = {
        page: (quantiles(seconds, n=20)[-1] if len(seconds) > 1 else max(seconds, default=PATIENCE_S)) * 1000
        for page, seconds in taken.items()
    }
    named = {f"{page.strip('/').replace('/', ' ')} p95_ms": value for page, value in p95.items()}
    return Taken(max(p95.values()), parts=named | {"pages asked for_": float(sum(map(len, taken.values())))})


def _workspace(bench: Bench) -> Workspace:
    return bench.open(bench.folder / (FOLDER if bench.size.name == "L" else "built"))


def _let_in(ws: Workspace, password: str) -> list[tuple[str, str]]:
    """Give fifty people an account with a password, and return what each is, and who."""
    from incentives.ledger import access, sign_in
    from incentives.ledger.access import ALL_PAY_GROUPS, Grant, Role
    from incentives.ledger.engine import Ledger
    from incentives.services.accounts import CONSOLE

    at = datetime.now(UTC)
    people = _people(ws)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        for role, person_id in people:
            if sign_in.person_by_id(session, person_id) is None:
                access.create_account(session, CONSOLE, person_id, at=at, display_name=_DISPLAY_NAME, is_demo=True)
            wanted = Grant(Role(role), ALL_PAY_GROUPS)
            if wanted not in access.grants_of(session, person_id)[0]:
                access.change_role(session, CONSOLE, person_id, wanted, "grant", at=at)
            sign_in.set_password(session, CONSOLE, person_id, password, at=at)
    return people


def _people(ws: Workspace) -> list[tuple[str, str]]:
    """Return associates with credit, people who lead somebody, and people of finance, in turn."""
    from incentives.serving import snapshots

    snapshot = snapshots.current(ws)
    assert snapshot is not None
    with snapshot.connect() as marts:
        employed = "select associate_id from marts.dim_associates where left_on is null"
        leads = (
            "select distinct manager_id from marts.dim_assignments where valid_to is null "
            f"and manager_id in ({employed}) order by 1 limit {USERS}"
        )
        sells = (
            "select recipient from marts.fct_credits where date_trunc('month', earned_date) = ? "
            f"and recipient in ({employed}) and recipient not in ({leads}) group by 1 order by count(*) desc, 1 limit {USERS}"
        )
        sellers = [str(person) for (person,) in marts.execute(sells, [_PERIOD.start]).fetchall()]
        managers = [str(person) for (person,) in marts.execute(leads).fetchall()]
    finance = [f"finance.{number:02d}" for number in range(USERS)]
    each = {"associate": cycle(sellers), "manager": cycle(managers), "finance": cycle(finance)}
    return [(role, next(each[role])) for role in islice(cycle(_PAGES), USERS)]


def _read_until_served(server: subprocess.Popen[str]) -> str:
    told = ""
    assert server.stdout is not None
    for line in server.stdout:
        told += line
        if "Ctrl-C" in line:
            break
    return told


def _sign_in(client: httpx.Client, login: str, password: str) -> httpx.Client:
    page = client.get("/sign-in")
    token = re.search(r'csrf" value="(\w+)"', page.text)
    assert token is not None, page.text
    answer = client.post("/sign-in", data={"csrf": token.group(1), "login": login, "password": password, "next": "/"})
    assert answer.status_code == 303, answer.status_code
    return client


def _read_pages(
    client: httpx.Client, pages: tuple[str, ...], ends: float, taken: dict[str, list[float]], refused: list[str]
) -> None:
    import httpx

    for page in cycle(pages):
        if time.monotonic() >= ends:
            return
        began = time.perf_counter()
        try:
            answer = client.get(page)
        except httpx.TimeoutException:
            taken[page].append(PATIENCE_S)
            return
        taken[page].append(time.perf_counter() - began)
        if answer.status_code != 200:
            refused.append(f"{page}: {answer.status_code}")
            return
        time.sleep(_READS_S)


FIGURES = (
    Figure(
        name="portal",
        title=f"slowest page of the portal at {USERS} people, 95th percentile",
        act=ask_pages,
        prepare=prepare_portal,
        unit="ms",
        bars=dict.fromkeys(("XS", "S", "L"), Bar(value_max=100)),
    ),
)
