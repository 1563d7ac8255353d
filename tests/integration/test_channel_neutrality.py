"""Credit and pay never look at the channel: other labels for every channel change no credit and no payout.

The same retailer is delivered twice. The second time each channel of order lines and interactions carries another
name, one for one, and the names are such that their order is turned round. Both are landed, built and calculated
by the command line.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from support_cli import run

pytestmark = pytest.mark.slow

ORDER_LINES = 3_000


def _rename_channels(inbox: Path) -> dict[str, str]:
    """Rename the channels in every delivered file of the two feeds that carry one; return old -> new."""
    files = sorted([*inbox.glob("*/order_lines*.csv"), *inbox.glob("*/interactions*.csv")])
    delivered = {path: path.read_bytes().decode("utf-8") for path in files}
    labels: set[str] = set()
    for text in delivered.values():
        lines = text.split("\n")
        position = next(csv.reader([lines[0]])).index("channel")
        labels.update(row[position] for row in csv.reader(lines[1:]) if len(row) > position and row[position])
    renamed = {label: f"zone-{99 - number}" for number, label in enumerate(sorted(labels))}
    for path, text in delivered.items():
        header, *lines = text.split("\n")
        position = next(csv.reader([header])).index("channel")
        path.write_bytes("\n".join([header, *(_renamed(line, position, renamed) for line in lines)]).encode())
    return renamed


def _renamed(line: str, position: int, renamed: dict[str, str]) -> str:
    """Return a delivered line with another channel; the sample quotes no field before it, so the rest stays byte for byte."""
    fields = line.split(",")
    if len(fields) > position and fields[position] in renamed:
        fields[position] = renamed[fields[position]]
    return ",".join(fields)


def _results(root: Path) -> tuple[list[dict[str, object]], list[list[dict[str, object]]]]:
    """Return every credit, and the statements of every cycle."""
    in_workspace = ("--workspace", root, "--format", "json")
    cycles = run("cycle", "list", *in_workspace).json()
    statements = [
        run("cycle", "statements", str(cycle["period"]), "--pay-group", str(cycle["pay_group"]), *in_workspace).json()
        for cycle in cycles
    ]
    return run("credits", *in_workspace).json(), statements


def test_renaming_the_channels_changes_no_credit_and_no_payout(tmp_path: Path) -> None:
    original, renamed = tmp_path / "as-delivered", tmp_path / "renamed"
    run("demo", original, "--order-lines", ORDER_LINES, "--seed", 11, "--no-serve")
    for folder in ("policies", "plans", "inbox"):
        shutil.copytree(original / folder, renamed / folder)
    shutil.copy(original / "incentives.toml", renamed)

    channels = _rename_channels(renamed / "inbox")
    run("demo", renamed, "--order-lines", ORDER_LINES, "--seed", 11, "--no-serve")

    assert len(channels) >= 5
    assert not channels.keys() & set(channels.values())
    credits, statements = _results(original)
    assert len(credits) >= ORDER_LINES
    assert sum(len(of_cycle) for of_cycle in statements) > 20
    assert _results(renamed) == (credits, statements)
