"""Use cases: what was delivered is corrected by two people, who both see what it changes before they act.

A correction is the record of a feed: who sold a line (a credit override), or an interaction that does not count (its withdrawal). One
person proposes it with a reason, finance confirms it, and it is delivered to the inbox like any other file: what it moves follows from worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson
from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.feeds.contracts import FEEDS
from incentives.ledger import publications
from incentives.ledger.access import AccessError, Role
from incentives.ledger.audit import canonical
from incentives.ledger.engine import Ledger
from incentives.ledger.models import AuditText, Publication
from incentives.services.accounts import Person
from incentives.services.correction_effect import Effect, csv_text, effect_of
from incentives.services.questioning import OVERRIDES, require_line, sellers_named, source_of_overrides
from incentives.serving import snapshots
from incentives.serving.durable import replace_text
from incentives.workspace import Workspace

INTERACTIONS = "interactions"
_ID_LENGTH = 12
# Until it is confirmed nobody has approved it; its effect is shown as if somebody had.
_SOMEBODY = "-"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is corrected: the seller of an order line, or a touch that is taken away.

    Attributes:
        kind: seller or touch.
        source: Of the order or of the interaction.
        record: Order and line; or the interaction.
        sellers: As on an order line, `a1` or `a1:70|a2:30`; empty of a touch.
        delivered_by: The source whose folder of the inbox the record goes to.
    """

    kind: Literal["seller", "touch"]
    source: str
    record: tuple[str, ...]
    sellers: str
    delivered_by: str

    @property
    def feed(self) -> str:
        """The feed of its record."""
        return OVERRIDES if self.kind == "seller" else INTERACTIONS

    @property
    def words(self) -> str:
        """What it does, in words."""
        if self.kind == "seller":
            return f"line {self.record[1]} of order {self.record[0]} of {self.source} was sold by {self.sellers}"
        return f"interaction {self.record[0]} of {self.source} does not count"

    def row(self, number: str, *, at: datetime, entered_by: str, approved_by: str, reason: str) -> Mapping[str, str]:
        """Return the record as a file holds it."""
        if self.kind == "touch":
            # A withdrawal needs its key alone, but a file names every required column.
            required = {column.name: "" for column in FEEDS[INTERACTIONS].columns if column.required}
            key = {"source": self.source, "interaction_id": self.record[0]}
            return {**required, **key, "deleted": "true", "source_updated_at": at.isoformat()}
        return {
            "override_id": f"correction-{number}",
            "source": self.source,
            "order_id": self.record[0],
            "line_id": self.record[1],
            "associate_id": self.sellers,
            "reason": reason,
            "decided_at": at.isoformat(),
            "entered_by": entered_by,
            "approved_by": approved_by,
        }


@dataclass(frozen=True, slots=True)
class Recorded:
    """A correction in the ledger: its number, state (proposed or confirmed), who acted last and when, and the digest to confirm it by."""

    number: str
    correction: Correction
    people: tuple[str, ...]
    state: str
    person_id: str
    acted_at: datetime
    digest: str


def seller_correction(ws: Workspace, source: str, order_id: str, line_id: str, sellers: str) -> Correction:
    """Return the correction of who sold a line.

    Raises:
        InputError: There is no such line, the sellers are not known or their shares not 100, or no single source delivers overrides.
    """
    require_line(ws, (source, order_id, line_id))
    sellers_named(ws, sellers, f"{source} {order_id}/{line_id}")
    return Correction("seller", source, (order_id, line_id), sellers, source_of_overrides(ws, None))


def touch_correction(ws: Workspace, source: str, interaction_id: str) -> Correction:
    """Return the correction that takes an interaction away.

    Raises:
        InputError: There is no such interaction in what is published, or the source does not deliver interactions.
    """
    able = [name for name, one in sorted(ws.config.sources.items()) if INTERACTIONS in one.feeds]
    delivers = next((name for name in able if source in (name, *ws.config.sources[name].delivers_for)), None)
    if delivers is None:
        raise InputError(f"nobody delivers {INTERACTIONS} of '{source}'.", where="sources", remedy=f"Known: {', '.join(able)}.")
    current = snapshots.current(ws)
    if current is None:
        raise InputError("nothing is published, so no interaction can be named.", remedy="Run `incentives build` first.")
    with current.connect() as connection:
        query = "select 1 from marts.fct_credit_touches where interaction_source = ? and interaction_id = ? limit 1"
        if connection.execute(query, [source, interaction_id]).fetchone() is None:
            raise InputError(f"no order was credited after an interaction {interaction_id} of {source}; it changes nothing.")
    return Correction("touch", source, (interaction_id,), "", delivers)


def preview(ws: Workspace, correction: Correction, *, now: datetime) -> Effect:
    """Return what a correction would change if it were confirmed now. Raises as `effect_of`."""
    row = correction.row("-", at=now, entered_by=_SOMEBODY, approved_by=_SOMEBODY, reason=_SOMEBODY)
    return effect_of(ws, correction.delivered_by, correction.feed, row, now=now)


def propose_correction(
    ws: Workspace, correction: Correction, *, by: Person, now: datetime, reason: str
) -> tuple[Recorded, Effect]:
    """Propose a correction, with its effect as it is now.

    Args:
        ws: The workspace.
        correction: What is corrected.
        by: A manager or finance, none of those whose credit or pay it changes.
        now: When.
        reason: Why; stands in the record too.

    Raises:
        AccessError: `by` may not, or it is their own credit or pay.
        InputError: It changes nothing, no reason is given, or it is in effect already.
    """
    if not by.holds(Role.FINANCE) and not by.holds(Role.MANAGER):
        raise AccessError(f"{by.person_id} is neither finance nor a manager.")
    effect = preview(ws, correction, now=now)
    if not effect.credits:
        raise InputError("it would change no credit.", where=correction.words)
    _require_other(by, effect.people)
    body = _body(correction, effect.people)
    number = publications.digest_of_text(body)[:_ID_LENGTH]
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        document = f"{publications.CORRECTIONS}{number}"
        publications.propose(session, by.actor(), document, body, at=now, reason=reason, by_paid=True)
        return _recorded(_last(session, number)), effect


def confirm_correction(ws: Workspace, number: str, *, by: Person, now: datetime, digest: str | None = None) -> Recorded:
    """Confirm what another person proposed, and deliver its record to the inbox; it lands with the next load.

    A run that was killed before the file was there is given again.

    Args:
        ws: The workspace.
        number: Of the correction.
        by: Finance, another person than who proposed it, none of those whose credit or pay it changes.
        now: When.
        digest: What the person has before them, whole or its first characters.

    Raises:
        AccessError: `by` may not.
        InputError: There is no such correction, or it is confirmed by somebody else.
    """
    if not by.holds(Role.FINANCE):
        raise AccessError(f"{by.person_id} is not finance.")
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        last = _last(session, number)
        _require_other(by, _recorded(last).people)
        if (last.state, last.person_id) != (publications.CONFIRMED, by.person_id):
            publications.confirm(session, by.actor(), last.document, at=now, digest=digest, by_paid=True)
        confirmed, proposed = _last(session, number), _proposal(session, number)
        text = session.get(AuditText, proposed.event_id)
        found = _recorded(confirmed)
        row = found.correction.row(
            number,
            at=confirmed.acted_at,
            entered_by=proposed.person_id,
            approved_by=confirmed.person_id,
            reason=(text.body if text is not None else None) or "erased",
        )
    folder = ws.inbox / found.correction.delivered_by
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / f"{found.correction.feed}-correction-{number}.csv", csv_text(row))
    return found


def find_correction(ws: Workspace, number: str) -> Recorded:
    """Return one correction. Raises InputError where there is none of that number."""
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        return _recorded(_last(session, number))


def list_corrections(ws: Workspace) -> tuple[Recorded, ...]:
    """Return every correction, by its last act."""
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        return tuple(_recorded(row) for row in publications.corrections(session))


def _require_other(by: Person, people: tuple[str, ...]) -> None:
    if by.person_id in people:
        raise AccessError(f"it changes what {by.person_id} is credited or paid, so other people decide it.")


def _last(session: Session, number: str) -> Publication:
    found = publications.last_of(session, f"{publications.CORRECTIONS}{number}")
    if found is None:
        raise InputError(f"there is no correction {number}.", remedy="`incentives correction list` names them.")
    return found


def _proposal(session: Session, number: str) -> Publication:
    return publications.last_of(session, f"{publications.CORRECTIONS}{number}", publications.PROPOSED) or _last(session, number)


def _body(correction: Correction, people: tuple[str, ...]) -> str:
    return canonical(
        {
            "kind": correction.kind,
            "source": correction.source,
            "record": list(correction.record),
            "sellers": correction.sellers,
            "delivered_by": correction.delivered_by,
            "people": list(people),
        }
    )


def _recorded(row: Publication) -> Recorded:
    said = orjson.loads(row.body)
    correction = Correction(said["kind"], said["source"], tuple(said["record"]), said["sellers"], said["delivered_by"])
    return Recorded(
        row.document.removeprefix(publications.CORRECTIONS),
        correction,
        tuple(said["people"]),
        row.state,
        row.person_id,
        row.acted_at,
        publications.digest_of_text(row.body),
    )
