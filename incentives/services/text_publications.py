"""Use case: plans, policies, mappings and opening balances take effect by two people; what was calculated with other texts is not approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.ledger import opening, publications
from incentives.ledger.access import AccessError, Role
from incentives.ledger.engine import Ledger
from incentives.plans.load import read_plan
from incentives.policies.load import load_policy_texts
from incentives.services.accounts import Person
from incentives.services.plans import workspace_registry
from incentives.serving.people import associates_published
from incentives.workspace import Workspace

FOLDERS = {"plans": (".yaml", ".yml"), "policies": (".yaml", ".yml"), "mappings": (".yaml", ".yml"), opening.FOLDER: (".csv",)}


@dataclass(frozen=True, slots=True)
class Document:
    """One text that decides what people are paid by.

    `state`: in effect; new or changed (the file is not what is in effect); proposed (it waits for a second person); missing (in effect,
    and there is no such file); waits to be taken out. `digest` is the SHA-256 of the file, or of what waits.
    """

    document: str
    state: str
    digest: str
    by: str | None
    at: datetime | None


def propose_publication(ws: Workspace, document: str, *, by: Person, now: datetime, reason: str, withdraw: bool = False) -> None:
    """Propose the text of a file as it stands, or that a document is taken out of effect.

    Raises:
        AccessError: Not finance, or paid by a cycle.
        InputError: No such document, or its text is in effect already.
        DocumentError: The text has mistakes.
    """
    _require_finance(by)
    text = "" if withdraw else _read(ws, document)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        _require_open(session, document)
        publications.propose(session, by.actor(), document, text, at=now, reason=reason)


def confirm_publication(
    ws: Workspace, document: str, *, by: Person, now: datetime, digest: str | None = None, waive_notice: str | None = None
) -> None:
    """Confirm what another person proposed, if the file still has that text.

    Raises:
        AccessError: Not finance, paid by a cycle, or who proposed it.
        InputError: Nothing is proposed, the file changed since, or the plan starts sooner than its notice.
    """
    _require_finance(by)
    with Ledger.open(ws.ledger_place) as ledger, ledger.act() as session:
        _require_open(session, document)
        last = publications.last_of(session, document)
        if last is not None and last.state == publications.PROPOSED and last.body:
            if _read(ws, document) != last.body:
                raise InputError("the file is not what was proposed.", where=document, remedy="Propose it again.")
            if waive_notice is None:
                _require_notice(ws, document, now)
        publications.confirm(session, by.actor(), document, at=now, digest=digest, waived=waive_notice)


def documents(ws: Workspace) -> tuple[Document, ...]:
    """Return every document of the workspace, and every one in effect, with where it stands."""
    texts = texts_of(ws)
    with Ledger.open(ws.ledger_place) as ledger, ledger.reading() as session:
        effect = _texts_in_effect(session)
        found = []
        for name in sorted(texts.keys() | {name for name, text in effect.items() if text}):
            last = publications.last_of(session, name)
            found.append(
                Document(
                    name,
                    _state(texts.get(name, ""), effect.get(name, ""), last.body if last and last.state == "proposed" else None),
                    publications.digest_of_text(texts.get(name, "")),
                    last.person_id if last else None,
                    last.acted_at if last else None,
                )
            )
    return tuple(found)


def texts_of(ws: Workspace) -> dict[str, str]:
    """Return the texts of a workspace's plans, policies, mappings and opening balances by their place in it."""
    return {
        f"{folder}/{path.name}": path.read_text(encoding="utf-8")
        for folder, suffixes in FOLDERS.items()
        if (ws.root / folder).is_dir()
        for path in sorted((ws.root / folder).iterdir())
        if path.suffix in suffixes and path.is_file()
    }


def not_in_effect(ws: Workspace, session: Session, digests: Mapping[str, str]) -> tuple[str, ...]:
    """Return the documents that two people did not put into effect as a calculation used them, and those in effect that it did not use.

    Args:
        ws: The workspace; one for demonstration needs no second person.
        session: Reads the ledger.
        digests: SHA-256 of each plan and policy that the calculation was made with, by its place in the workspace.
    """
    if ws.config.workspace.demo:
        return ()
    read_at_use = ("mappings/", f"{opening.FOLDER}/")
    used = dict(digests)
    used |= {name: publications.digest_of_text(text) for name, text in texts_of(ws).items() if name.startswith(read_at_use)}
    effect = {name: publications.digest_of_text(text) for name, text in _texts_in_effect(session).items() if text}
    for name in [name for name in used.keys() | effect.keys() if _has_begun(session, name)]:
        used.pop(name, None)
        effect.pop(name, None)
    return tuple(sorted(name for name in used.keys() | effect.keys() if used.get(name) != effect.get(name)))


def require_in_effect(ws: Workspace, session: Session, digests: Mapping[str, str], subject: str) -> None:
    """Refuse to approve what was calculated with other texts than those in effect.

    Raises:
        InputError: Names every document of `not_in_effect`.
    """
    waiting = not_in_effect(ws, session, digests)
    if waiting:
        raise InputError(
            f"what people are paid by is put into effect by two people; not so: {', '.join(waiting)}.",
            where=subject,
            remedy=f"One proposes it (`incentives publish {waiting[0]} --reason ...`), another confirms it (`--confirm`); "
            "where a text changed since, build and calculate again.",
        )


def _texts_in_effect(session: Session) -> dict[str, str]:
    """Return the texts in effect that people are paid by; a correction is a record, and none of them."""
    found = publications.in_effect(session)
    return {name: text for name, text in found.items() if not name.startswith(publications.CORRECTIONS)}


def _read(ws: Workspace, document: str) -> str:
    """Return a document's text, checked."""
    path = ws.root / document
    if document not in texts_of(ws):
        raise InputError(
            "this is no plan, policy, mapping or opening balance of the workspace.",
            where=document,
            remedy="Name a file such as plans/advisor.yaml; `incentives publish` lists them.",
        )
    text = path.read_text(encoding="utf-8")
    if document.startswith("plans/"):
        read_plan(path, workspace_registry(ws))
    elif document.startswith("policies/"):
        load_policy_texts({path.name: text}.items())
    elif document.startswith(f"{opening.FOLDER}/"):
        _require_known(ws, opening.parse_opening(text, document), document)
    return text


def _require_open(session: Session, document: str) -> None:
    """Refuse other opening balances of a pay group that has begun."""
    if document.startswith(f"{opening.FOLDER}/"):
        opening.require_not_begun(session, PurePosixPath(document).stem)


def _has_begun(session: Session, document: str) -> bool:
    """Return whether a document is of opening balances that are posted: whatever became of the file."""
    return document.startswith(f"{opening.FOLDER}/") and opening.is_posted(session, PurePosixPath(document).stem)


def _require_known(ws: Workspace, balances: Sequence[opening.OpeningBalance], document: str) -> None:
    group = PurePosixPath(document).stem
    if group not in ws.config.pay_groups:
        raise InputError(
            f"'{group}' is not a pay group of this workspace.",
            where=document,
            remedy=f"The file is named by one: {', '.join(sorted(ws.config.pay_groups)) or 'there is none'}.",
        )
    unknown = sorted({one.associate_id for one in balances} - associates_published(ws))
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise InputError(
            f"nobody is known as {', '.join(unknown[:5])}{more}.", where=document, remedy="Land the associates and build first."
        )


def _require_notice(ws: Workspace, document: str, now: datetime) -> None:
    if not document.startswith("plans/"):
        return
    plan = read_plan(ws.root / document, workspace_registry(ws)).plan
    today = now.astimezone(ws.zone()).date()
    if plan.valid_from < today + timedelta(days=plan.notice_days):
        raise InputError(
            f"{plan.key} starts on {plan.valid_from}, sooner than {plan.notice_days} days from today.",
            where=document,
            remedy="Let it start later, or say why it may not wait: --waive-notice REASON.",
        )


def _require_finance(by: Person) -> None:
    if not by.holds(Role.FINANCE):
        raise AccessError(f"{by.person_id} is not finance.")


def _state(text: str, effect: str, proposed: str | None) -> str:
    if proposed is not None and proposed == text and text:
        return "proposed"
    if proposed == "" and effect:
        return "waits to be taken out"
    if not text:
        return "missing"
    if not effect:
        return "new"
    return "in effect" if text == effect else "changed"
