"""The manifest of a calculation: everything that it was made from, by fingerprint, and the frozen inputs themselves.

Objects are files named by the SHA-256 of their bytes under `manifests/`; the same bytes are kept once, however many
versions name them. An object is on the disk before the ledger names it, so a killed calculation leaves at most an
object that nobody names.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from incentives.bonus.inputs import MOVED, SCHEMAS, BonusInputs
from incentives.bonus.pay_group import PayGroup
from incentives.errors import CheckFailedError, InputError
from incentives.feeds.bronze_index import BronzeIndex
from incentives.ledger.audit import JsonValue, canonical
from incentives.periods import CALENDARS, Period
from incentives.plans.load import PlanText, parse_plan
from incentives.plans.registry import read_registry
from incentives.serving.durable import sha256_of, sync_dir, sync_file
from incentives.settings import CONFIG_NAME
from incentives.warehouse.documents import landed_policies
from incentives.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

FORMAT = 1
DIVISIONS = "divisions"
# Ordered by content, so that the bytes of equal rows are equal.
DIVISIONS_SQL = """
select order_line_key, root_line_key, source, order_id, line_id, line_kind, role, role_order, recipient, share_e12,
       credit_minor, currency, reason, policy, policy_key, category, sku, location_id, business_date, earned_date
from marts.fct_credits
where earned_date >= ? and earned_date < ?
order by order_line_key, role_order nulls last, recipient, credit_minor
"""


class CalculatedFrom(Protocol):
    """What a calculation reads: a publication, or a warehouse beside it that is named like the one it stands in for."""

    @property
    def publication(self) -> str:
        """Name of the publication."""

    @property
    def build_id(self) -> str:
        """Of the build."""

    @property
    def last_load(self) -> int:
        """The last load that it holds."""

    @property
    def as_of(self) -> datetime:
        """The moment that it is built for."""

    @property
    def code_fingerprint(self) -> str:
        """Fingerprint of the rules that made it."""

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open it to be read."""


def freeze(
    ws: Workspace,
    snapshot: CalculatedFrom,
    *,
    period: Period,
    pay_group: str,
    inputs: BonusInputs,
    plan_texts: Mapping[str, str],
    adjusted: Mapping[str, tuple[BonusInputs, bool]],
    gates: Mapping[str, JsonValue] | None = None,
    divided_anew: bool = False,
) -> dict[str, JsonValue]:
    """Keep everything a calculation was made from and return its manifest.

    Args:
        ws: The workspace.
        snapshot: The publication that was read, or a warehouse beside it.
        period: The cycle's period.
        pay_group: Whose cycle.
        inputs: The frames that the calculation read.
        plan_texts: File name -> text of each plan that was used.
        adjusted: Locked period -> its inputs as of today, and whether its differences are only listed.
        gates: What was read for gates that held-back payouts wait for: measures, from, to.
        divided_anew: Of a restatement: the lines are divided by today's rules, and later builds keep that.
    """
    group = ws.config.pay_groups[pay_group]
    with _workbench(ws) as bench:
        frames = {path.stem: _keep(ws, path) for path in inputs.to_parquet(bench / "inputs")}
        divisions = bench / f"{DIVISIONS}.parquet"
        first_day = _first_day(inputs, period)
        _write_divisions(snapshot, first_day, period.end, divisions)
        frozen = {**frames, DIVISIONS: _keep(ws, divisions)}
        bronze = BronzeIndex(ws.bronze_index).files(snapshot.last_load)
        files = [file for file in bronze if file.facts_path is not None]
        facts = canonical([[file.load_id, file.file_ordinal, file.feed, file.facts_path, file.facts_sha256] for file in files])
        texts = {f"policies/{name}": text for name, text in landed_policies(ws.root, bronze).items()}
        texts |= {f"plans/{name}": text for name, text in plan_texts.items()}
        texts[CONFIG_NAME] = (ws.root / CONFIG_NAME).read_text(encoding="utf-8")
        return {
            "format": FORMAT,
            "product_version": installed_version("incentive-warehouse"),
            "code_fingerprint": snapshot.code_fingerprint,
            "publication": snapshot.publication,
            "build_id": snapshot.build_id,
            "last_load": snapshot.last_load,
            "as_of": snapshot.as_of.isoformat(),
            "period": period.label,
            "divisions_from": first_day.isoformat(),
            "pay_group": {
                "name": pay_group,
                "legal_entity": group.legal_entity,
                "country": group.country,
                "calendar": group.calendar,
                "currency": group.currency,
                "default": group.default,
            },
            "facts_files": len(files),
            "facts": _keep_text(ws, bench, facts),
            "texts": {name: _keep_text(ws, bench, text) for name, text in sorted(texts.items())},
            "inputs": dict(sorted(frozen.items())),
            "adjusted": {
                label: {**_keep_adjusted(ws, snapshot, bench, Period.parse(label), inputs), "is_final": is_final}
                for label, (inputs, is_final) in adjusted.items()
            },
            **({"gates": gates} if gates else {}),
            **({"divided_anew": True} if divided_anew else {}),
        }


def objects_of(manifest: Mapping[str, object]) -> dict[str, str]:
    """Return what a manifest names: a label and the SHA-256 of its object."""
    found = {"facts": str(manifest["facts"])} if "facts" in manifest else {}
    for section in ("texts", "inputs"):
        part = manifest.get(section)
        if isinstance(part, Mapping):
            found |= {f"{section}/{name}": str(sha256) for name, sha256 in part.items()}
    for period, part in _adjusted(manifest).items():
        found |= {f"adjusted/{period}/{name}": str(part[name]) for name in (*MOVED, DIVISIONS) if name in part}
    return found


def text_digests(manifest: Mapping[str, object]) -> dict[str, str]:
    """Return the SHA-256 of each plan and policy of a manifest, by its place in the workspace."""
    texts = {label.removeprefix("texts/"): sha256 for label, sha256 in objects_of(manifest).items() if label.startswith("texts/")}
    return {name: sha256 for name, sha256 in texts.items() if name != CONFIG_NAME}


def object_path(ws: Workspace, sha256: str) -> Path:
    """Return where an object lies."""
    return ws.manifests / sha256[:2] / sha256


def read_text(ws: Workspace, sha256: str) -> str:
    """Return an object's text.

    Raises:
        CheckFailedError: It is missing or its bytes are not those of its name.
    """
    return _checked(ws, sha256).read_text(encoding="utf-8")


def frozen_inputs(ws: Workspace, manifest: Mapping[str, object]) -> BonusInputs:
    """Return the frames that a calculation read, from the objects of its manifest. Raises as `read_text`."""
    named = objects_of(manifest)
    with _workbench(ws) as bench:
        for name in SCHEMAS:
            # A version that knew fewer frames froze fewer.
            if f"inputs/{name}" in named:
                (bench / f"{name}.parquet").symlink_to(_checked(ws, named[f"inputs/{name}"]))
        return BonusInputs.from_parquet(bench)


def frozen_plans(ws: Workspace, manifest: Mapping[str, object], inputs: BonusInputs) -> tuple[PlanText, ...]:
    """Return the plans that a calculation used, from their frozen texts. Raises as `read_text`."""
    registry = read_registry().with_scores(name for name in inputs.registry["measure"].tolist() if isinstance(name, str))
    return tuple(
        parse_plan(read_text(ws, sha256), Path(label.removeprefix("texts/")), registry)
        for label, sha256 in objects_of(manifest).items()
        if label.startswith("texts/plans/")
    )


def adjusted_inputs(ws: Workspace, manifest: Mapping[str, object], period: str, frozen: BonusInputs) -> BonusInputs:
    """Return a locked period's inputs as a later version of another cycle saw them. Raises as `read_text`.

    Args:
        ws: The workspace.
        manifest: Of the version that adjusts it.
        period: The locked period.
        frozen: What the locked period's own manifest froze.
    """
    named = objects_of(manifest)
    with _workbench(ws) as bench:
        frozen.to_parquet(bench)
        for name in MOVED:
            (bench / f"{name}.parquet").unlink()
            if f"adjusted/{period}/{name}" in named:
                (bench / f"{name}.parquet").symlink_to(_checked(ws, named[f"adjusted/{period}/{name}"]))
        return BonusInputs.from_parquet(bench)


def has_divisions(manifest: Mapping[str, object]) -> bool:
    """Whether a version froze how lines were divided; one that was made of no credited lines did not."""
    return f"inputs/{DIVISIONS}" in objects_of(manifest)


def is_adjusted(manifest: Mapping[str, object], period: str) -> bool:
    """Whether a version settles a locked period anew, and does not only list what differs."""
    found = _adjusted(manifest).get(period)
    return found is not None and not found["is_final"]


def adjusted_divisions(ws: Workspace, manifest: Mapping[str, object], period: str) -> Path:
    """Return the Parquet file of how a locked period's lines were divided when a later version adjusted it."""
    return _checked(ws, objects_of(manifest)[f"adjusted/{period}/{DIVISIONS}"])


def is_divided_anew(manifest: Mapping[str, object]) -> bool:
    """Whether a restatement divided the order lines of its period by the rules of its day."""
    return bool(manifest.get("divided_anew"))


def gates_of(manifest: Mapping[str, object]) -> Mapping[str, object]:
    """Return what a version read for gates; empty where nothing waited for one."""
    found = manifest.get("gates")
    return found if isinstance(found, Mapping) else {}


def frozen_pay_group(manifest: Mapping[str, object]) -> PayGroup:
    """Return the pay group as it was when a cycle was calculated."""
    kept = manifest["pay_group"]
    if not isinstance(kept, Mapping):
        raise InputError("the manifest names no pay group.")
    calendar = next(one for one in CALENDARS if one == kept["calendar"])
    return PayGroup(str(kept["name"]), calendar, str(kept["currency"]), bool(kept["default"]))


def frozen_divisions(ws: Workspace, manifest: Mapping[str, object]) -> Path:
    """Return the Parquet file of a manifest's divisions. Raises as `read_text`."""
    return _checked(ws, objects_of(manifest)[f"inputs/{DIVISIONS}"])


def damages(ws: Workspace, manifest: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (label, sentence) of every object of a manifest that is missing or changed."""
    for label, sha256 in objects_of(manifest).items():
        path = object_path(ws, sha256)
        if not path.is_file():
            yield label, f"its object {sha256} is missing"
        elif sha256_of(path) != sha256:
            yield label, f"the bytes of its object {sha256} have changed"


def parse_manifest(text: str) -> Mapping[str, object]:
    """Return a recorded manifest."""
    parsed = json.loads(text)
    assert isinstance(parsed, dict)
    return parsed


def _adjusted(manifest: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    part = manifest.get("adjusted")
    return part if isinstance(part, Mapping) else {}


def _keep_adjusted(
    ws: Workspace, snapshot: CalculatedFrom, bench: Path, period: Period, inputs: BonusInputs
) -> dict[str, JsonValue]:
    """Keep what order lines moved of a locked period, and how its lines are divided now."""
    folder = bench / f"adjusted-{period.label}"
    inputs.to_parquet(folder)
    divisions = folder / f"{DIVISIONS}.parquet"
    _write_divisions(snapshot, _first_day(inputs, period), period.end, divisions)
    return {name: _keep(ws, folder / f"{name}.parquet") for name in (*MOVED, DIVISIONS)}


def _first_day(inputs: BonusInputs, period: Period) -> date:
    """Return the first day that the calculation read: earlier than the period where a plan counts to date."""
    days = [day for day in inputs.measures["earned_date"].tolist() if isinstance(day, date)]
    return min([*days, period.start])


def _write_divisions(snapshot: CalculatedFrom, start: date, end: date, target: Path) -> None:
    """Write the credited lines of a window; a snapshot reaches no other file, so the rows go through Arrow."""
    import pyarrow.parquet as parquet

    connection = snapshot.connect()
    try:
        rows = connection.execute(DIVISIONS_SQL, [start, end]).to_arrow_table()
    finally:
        connection.close()
    parquet.write_table(rows, target, compression="zstd", version="2.6", store_schema=False)


def _keep(ws: Workspace, path: Path) -> str:
    """Move a file among the objects and return its name."""
    sha256 = sha256_of(path)
    target = object_path(ws, sha256)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync_file(path)
        path.chmod(0o400)
        path.replace(target)
        sync_dir(target.parent)
    return sha256


def _keep_text(ws: Workspace, bench: Path, text: str) -> str:
    path = bench / "text"
    path.write_text(text, encoding="utf-8")
    return _keep(ws, path)


def _checked(ws: Workspace, sha256: str) -> Path:
    path = object_path(ws, sha256)
    if not path.is_file() or sha256_of(path) != sha256:
        raise CheckFailedError(
            "a frozen input is missing or has changed.", where=str(path), remedy="Restore `manifests` from a backup."
        )
    return path


@contextmanager
def _workbench(ws: Workspace) -> Iterator[Path]:
    """A folder beside the objects, removed afterwards."""
    ws.manifests.mkdir(parents=True, exist_ok=True, mode=0o700)
    bench = Path(tempfile.mkdtemp(prefix=f".freezing-{os.getpid()}-", dir=ws.manifests))
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)
