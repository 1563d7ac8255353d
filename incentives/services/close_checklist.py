"""What stands between a calculated cycle and its approval, item by item: how much of it, what money hangs on it, since when, and who mends it.

Read from the recorded calculation, the publication that it was made from, the last build's quarantine and what landed since. Each item that stops
the approval can be waived by name, for one calculation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from incentives.errors import InputError
from incentives.feeds.bronze_index import BronzeIndex, IndexedFile
from incentives.feeds.locked_divisions import FEED as LOCKED_DIVISIONS
from incentives.ledger import heads
from incentives.ledger.heads import CycleHead
from incentives.ledger.models import Calculation
from incentives.money import format_minor, to_minor
from incentives.periods import Period
from incentives.services.cycle_views import read_exceptions
from incentives.services.diagnostics import quarantined_rows
from incentives.services.manifests import parse_manifest
from incentives.services.net_effect import NetEffect
from incentives.serving import snapshots
from incentives.workspace import Workspace
from quality.outcomes import CheckOutcome

SUITE = "close"
# Followed by the last load that came: a waiver covers what somebody saw.
LANDED_SINCE = "nothing_landed_after_load_"
# Inputs that bear on pay beside what is sold.
_PAY_INPUTS = ("assignments", "client_ownership", "credit_overrides", "fx_rates", "scores", "targets")
_SHOWN = 5
_EXCEPTIONS = """
select exceptions.subject, exceptions.currency, exceptions.amount_minor, lines.business_date
from marts.exceptions as exceptions
inner join marts.fct_order_lines as lines
    on exceptions.source = lines.source and exceptions.order_id = lines.order_id and exceptions.line_id = lines.line_id
where exceptions.kind = $kind and lines.business_date >= $start and lines.business_date < $end
"""


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One thing to look at before an approval.

    Attributes:
        name: What would hold if nothing were to be done, as waivers name it; of what landed since, up to which load.
        blocking: Whether it stops the approval while something is left of it.
        count: How much of it there is; 0: it holds.
        money: Minor units that hang on it, by currency, whichever way they would go; of what landed since what it would move in all.
        oldest: Since when the oldest of it waits, by business date; None where that is not known.
        owner: Who can mend it: the sources that deliver it, as the configuration names them, or finance.
        sentence: What it is, and what to do.
        subjects: What it is about, the first few.
    """

    name: str
    blocking: bool
    count: int
    money: tuple[tuple[str, int], ...]
    oldest: date | None
    owner: str
    sentence: str
    subjects: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether it stops the approval unless it is waived."""
        return self.blocking and self.count > 0

    def outcome(self) -> CheckOutcome:
        """Return the item as a check that stands before an approval."""
        return CheckOutcome(
            self.name, SUITE, self.count == 0, self.blocking, f"{self.count} open", "none open", self.sentence, self.subjects
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """One thing of an item."""

    subject: str
    currency: str | None = None
    amount_minor: int | None = None
    day: date | None = None


def close_items(ws: Workspace, session: Session, head: CycleHead) -> tuple[ChecklistItem, ...]:
    """Return every item of a calculated cycle, those that hold too.

    Raises:
        InputError: It was not calculated.
    """
    manifest, period = parse_manifest(heads.calculation_of(session, head).manifest), Period.parse(head.period)
    return (
        *recorded_items(ws, heads.calculation_of(session, head)),
        _item(
            "nobody_unknown_has_money",
            list(_in_marts(ws, manifest, "unknown_associate", period)),
            _owners(ws, "associates"),
            "Parts of lines of the period are credited to ids of which no associate record has come",
            "Have the record delivered, or correct the seller.",
        ),
        _item(
            "every_line_has_a_rate",
            list(_in_marts(ws, manifest, "missing_rate", period, subject=head.currency)),
            _owners(ws, "fx_rates"),
            f"Lines of the period have no rate into {head.currency} and count for nobody",
            "Have the rate delivered.",
        ),
        _item(
            "no_refused_line_has_money",
            list(_refused(ws, period)),
            _owners(ws, "order_lines"),
            "Order lines of the period, or without a readable day, wait in quarantine",
            "`incentives quarantine` lists them.",
            tolerance=ws.config.quality.quarantine_tolerance_minor,
        ),
        _pay_inputs(ws, session, head),
        *_delivered(ws, manifest),
    )


def recorded_items(ws: Workspace, calculation: Calculation) -> tuple[ChecklistItem, ...]:
    """Return the items that a calculation and the index of deliveries alone tell, which costs next to nothing."""
    of_kind: dict[str, list[_Found]] = {}
    for one in read_exceptions(calculation.exceptions):
        of_kind.setdefault(one.kind, []).append(_Found(one.subject_id, one.currency, one.amount_minor))
    targets = [found for kind in ("target_missing", "target_zero", "target_currency") for found in of_kind.get(kind, [])]
    since = [file for file in BronzeIndex(ws.bronze_index).files(after=calculation.last_load) if _is_delivery(file)]
    return (
        _item(
            "everyone_has_a_plan",
            of_kind.get("person_without_plan", []),
            "finance",
            "People with an incentive role or with credit are under no plan and are paid nothing",
            "Look at the plans' eligibility and dates.",
        ),
        _item(
            "every_target_is_there",
            targets,
            _owners(ws, "targets"),
            "Components have no target, one of zero, or one in another currency, and pay nothing",
            "Have it delivered, then calculate again.",
        ),
        _item(
            "every_amount_is_in_a_currency_of_the_plan",
            of_kind.get("other_currency", []),
            _owners(ws, "fx_rates"),
            "Amounts are credited in a currency that the plan does not pay on, and pay nothing",
            "Name it a pay currency, or look at the plan.",
        ),
        _item(
            "every_pool_is_shared",
            of_kind.get("pool_without_weight", []),
            "finance",
            "Pools have nobody with a weight, and nothing of them is paid",
            "Look at the pool's share_by.",
        ),
        _item(
            f"{LANDED_SINCE}{max(file.load_id for file in since) if since else calculation.last_load}",
            [_Found(f"{file.feed}: {file.file_name}") for file in since],
            "finance",
            "Files landed after this calculation",
            "Calculate again, or leave them for the next cycle.",
        ),
    )


def with_effect(item: ChecklistItem, effect: Sequence[NetEffect] | None) -> ChecklistItem:
    """Return the item of what landed since with what calculating again would move; None: it is not built and published yet."""
    if effect is None:
        return replace(item, sentence=f"{item.sentence} What they move is known once they are built and published.")
    moved = [
        f"{format_minor(one.due_minor, one.currency)} {one.currency} for {one.people} {'people' if one.people > 1 else 'person'}"
        for one in effect
    ]
    said = f"Calculated again it would move {', '.join(moved)}." if moved else "Calculated again it would move nothing."
    return replace(item, money=tuple((one.currency, one.due_minor) for one in effect), sentence=f"{item.sentence} {said}")


def _item(
    name: str,
    found: Sequence[_Found],
    owner: str,
    what: str,
    remedy: str,
    *,
    blocking: bool = True,
    tolerance: int | None = None,
) -> ChecklistItem:
    money: dict[str, int] = {}
    for one in found:
        if one.currency and one.amount_minor:
            money[one.currency] = money.get(one.currency, 0) + abs(one.amount_minor)
    unpriced = any(one.amount_minor is None for one in found)
    within = tolerance is not None and not unpriced and max(money.values(), default=0) <= tolerance
    amounts = tuple(sorted(money.items()))
    at_stake = f" Money on it: {', '.join(f'{format_minor(minor, code)} {code}' for code, minor in amounts)}." if amounts else ""
    return ChecklistItem(
        name,
        blocking and not within,
        len(found),
        amounts,
        min((one.day for one in found if one.day is not None), default=None),
        owner,
        f"{what}: {len(found)}.{at_stake} {remedy}" if found else "Nothing to do.",
        tuple(dict.fromkeys(one.subject for one in found))[:_SHOWN],
    )


def _in_marts(
    ws: Workspace, manifest: Mapping[str, object], kind: str, period: Period, *, subject: str | None = None
) -> Iterator[_Found]:
    """Yield the exceptions of a kind about lines of a period, in the publication that was calculated from."""
    database = _calculated_from(ws, manifest)
    if database is None:
        return
    with closing(snapshots.open_read_only(database)) as connection:
        rows = connection.execute(_EXCEPTIONS, {"kind": kind, "start": period.start, "end": period.end}).fetchall()
    for about, currency, amount, day in rows:
        if subject in (None, about):
            yield _Found(about, currency, amount, day)


def _calculated_from(ws: Workspace, manifest: Mapping[str, object]) -> Path | None:
    own = ws.snapshots / str(manifest.get("publication", "")) / snapshots.RESULTS
    current = snapshots.current(ws)
    if own.is_file():
        return own
    return current.results if current is not None else None


def _refused(ws: Workspace, period: Period) -> Iterator[_Found]:
    """Yield the order lines in quarantine whose day lies in a period, or cannot be read."""
    if not ws.warehouse.is_file():
        return
    for row in quarantined_rows(ws):
        if row.feed != "order_lines":
            continue
        try:
            said = json.loads(row.raw)
        except ValueError:
            said = {}
        day = _day(said)
        if day is None or period.contains(day):
            currency, amount = str(said.get("currency", "")), None
            try:
                amount = to_minor(str(said.get("net_amount", "")), currency)
            except InputError:
                currency = ""
            yield _Found(f"{row.file}, row {row.row}: {row.reason}", currency or None, amount, day)


def _day(said: Mapping[str, object]) -> date | None:
    for column in ("completed_at", "ordered_at"):
        try:
            return date.fromisoformat(str(said[column])[:10])
        except (KeyError, ValueError):
            continue
    return None


def _pay_inputs(ws: Workspace, session: Session, head: CycleHead) -> ChecklistItem:
    """Return what was delivered of the inputs that bear on pay since the cycle before was calculated."""
    earlier = [
        other
        for other in heads.heads(session)
        if (other.pay_group, other.calendar) == (head.pay_group, head.calendar)
        and other.period_start < head.period_start
        and other.version is not None
    ]
    before = max(earlier, key=lambda other: other.period_start, default=None)
    last_load = heads.calculation_of(session, head).last_load
    since = heads.calculation_of(session, before).last_load if before is not None else last_load
    rows: dict[tuple[str, str], int] = {}
    for file in BronzeIndex(ws.bronze_index).files(last_load, after=since):
        if file.feed in _PAY_INPUTS and file.outcome == "loaded":
            rows[file.source, file.feed] = rows.get((file.source, file.feed), 0) + file.rows_delivered
    found = [_Found(f"{count} rows of {feed} by {source}") for (source, feed), count in sorted(rows.items())]
    what = f"Deliveries of feeds that bear on pay since the calculation of {before.period if before else 'the cycle before'}"
    return _item("no_other_input_of_pay_came", found, "finance", what, "Look at what they change (`cycle diff`).", blocking=False)


def _delivered(ws: Workspace, manifest: Mapping[str, object]) -> Iterator[ChecklistItem]:
    """Yield what the checks of the deliveries said of the publication, where they are kept: its warnings were published with it."""
    kept = ws.logs / "checks" / f"delivered-{manifest.get('build_id', '')}.json"
    if not kept.is_file():
        return
    failed = [one for one in json.loads(kept.read_text(encoding="utf-8")) if not one["passed"]]
    yield _item(
        "the_deliveries_raise_no_warning",
        [_Found(one["name"]) for one in failed],
        "the sources",
        "Checks of what was delivered warned when it was published, such as of sources that fell silent",
        "`incentives check` says what of.",
        blocking=False,
    )


def _is_delivery(file: IndexedFile) -> bool:
    return file.outcome == "loaded" and file.feed != LOCKED_DIVISIONS


def _owners(ws: Workspace, feed: str) -> str:
    names = [
        f"{name} ({source.owner})" if source.owner else name
        for name, source in sorted(ws.config.sources.items())
        if source.may_deliver(feed)
    ]
    return ", ".join(names) or f"nobody delivers {feed}"
