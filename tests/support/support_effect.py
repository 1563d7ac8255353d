"""Two people of finance put into effect what a workspace's people are paid by."""

from __future__ import annotations

from datetime import datetime

from incentives.ledger.access import ALL_PAY_GROUPS, Grant, Role
from incentives.services.accounts import Person
from incentives.services.text_publications import confirm_publication, documents, propose_publication
from incentives.workspace import Workspace

PETRA, PAVEL = (Person(name, None, None, False, (Grant(Role.FINANCE, ALL_PAY_GROUPS),)) for name in ("petra", "pavel"))


def put_into_effect(ws: Workspace, now: datetime) -> None:
    """Publish every plan, policy and mapping as it stands."""
    for one in documents(ws):
        if one.state != "in effect":
            propose_publication(
                ws, one.document, by=PETRA, now=now, reason="agreed with the works council", withdraw=one.state == "missing"
            )
            confirm_publication(ws, one.document, by=PAVEL, now=now, waive_notice="first cycle")
