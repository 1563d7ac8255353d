"""Credit and pay never look at the channel: other labels for every channel change no credit and no payout.

The same retailer is delivered twice. The second time each channel of order lines and interactions carries another
name, one for one, and the names are such that their order is turned round. Both are landed, built and calculated
by the command line. The audit of a workspace's own data must find a copy of the product that does look at the channel.
"""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support_cli import run, run_here

pytestmark = pytest.mark.slow

ORDER_LINES = 3_000
PRODUCT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as it is delivered, up to a locked cycle."""
    root = tmp_path_factory.mktemp("neutrality") / "as-delivered"
    run_here("demo", root, "--order-lines", ORDER_LINES, "--seed", 11, "--no-serve")
    return root


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
    cycles = run_here("cycle", "list", *in_workspace).json()
    statements = [
        run_here("cycle", "statements", str(cycle["period"]), "--pay-group", str(cycle["pay_group"]), *in_workspace).json()
        for cycle in cycles
    ]
    return run_here("credits", *in_workspace).json(), statements


def test_renaming_the_channels_changes_no_credit_and_no_payout(original: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "renamed"
    for folder in ("policies", "plans", "inbox"):
        shutil.copytree(original / folder, renamed / folder)
    shutil.copy(original / "incentives.toml", renamed)

    channels = _rename_channels(renamed / "inbox")
    run_here("demo", renamed, "--order-lines", ORDER_LINES, "--seed", 11, "--no-serve")

    assert len(channels) >= 5
    assert not channels.keys() & set(channels.values())
    credits, statements = _results(original)
    assert len(credits) >= ORDER_LINES
    assert sum(len(of_cycle) for of_cycle in statements) > 20
    assert _results(renamed) == (credits, statements)


def _period(root: Path) -> str:
    """Return the first month of which the demo has cycles: it depends on the day."""
    return min(str(cycle["period"]) for cycle in run_here("cycle", "list", "--workspace", root, "--format", "json").json())


def _audit(root: Path, code: int, product: Path | None = None) -> dict[str, Any]:
    asked = ("audit", "neutrality", "--workspace", root, "--period", _period(root), "--format", "json")
    found = run_here(*asked, code=code) if product is None else run(*asked, code=code, product=product)
    parsed = json.loads(found.out)
    assert isinstance(parsed, dict)
    return parsed


def test_the_audit_of_a_period_finds_nothing_and_shows_credit_and_pay_by_channel_of_work(original: Path) -> None:
    found, period = _audit(original, 0), _period(original)

    compared = {(one["labels"], one["kind"]): (one["compared"], one["changed"]) for one in found["comparisons"]}
    assert {key for key, (_, changed) in compared.items() if changed} == set()
    assert compared["permuted", "credits"][0] == compared["erased", "credits"][0] > 500
    assert compared["permuted", "measures"][0] > 500
    assert compared["permuted", "payouts"][0] > 20
    assert found["moved"]["channels"] >= 5
    assert found["moved"]["activities"] == 4
    assert found["moved"]["locations"] >= 5
    credits = run_here("credits", "--workspace", original, "--period", period, "--date", "earned", "--format", "json").json()
    for currency in ("EUR", "AED"):
        work = [one for one in found["work"] if one["currency"] == currency]
        earned = [int(str(one["credit_minor"])) for one in credits if one["currency"] == currency]
        assert sum(one["credit_minor"] for one in work) == sum(earned)
        statements = [
            statement
            for group in ("europe", "gulf")
            for statement in run_here(
                "cycle", "statements", period, "--pay-group", group, "--workspace", original, "--format", "json"
            ).json()
            if statement["currency"] == currency
        ]
        assert sum(one["payout_minor"] for one in work) == sum(int(str(one["worth_minor"])) for one in statements) > 0


def test_the_audit_finds_a_product_that_counts_one_channel_less(original: Path, tmp_path: Path) -> None:
    product, root = tmp_path / "product", tmp_path / "ws"
    for package in ("incentives", "dbt_project", "quality"):
        shutil.copytree(PRODUCT / package, product / package, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
    aware = (
        "(select * replace (case when channel = 'chat' then 'fulfilment' else kind end as kind) "
        "from {{ ref('stg_interactions') }})"
    )
    for model in sorted((product / "dbt_project" / "models" / "intermediate" / "touches").glob("*.sql")):
        model.write_text(model.read_text().replace("{{ ref('stg_interactions') }}", aware))
    shutil.copytree(original, root)
    run("build", "--workspace", root, product=product)

    found = _audit(root, 1, product)

    changed = {(one["labels"], one["kind"]): one["changed"] for one in found["comparisons"]}
    assert changed["permuted", "credits"] > 0
    assert changed["erased", "credits"] > 0
    assert changed["permuted", "measures"] > 0
    example = next(one for one in found["comparisons"] if one["kind"] == "credits")["examples"][0]
    assert example["as_delivered"] != example["relabelled"]
