"""docs/reference/checks.md lists every check with what it does, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from quality.delivered import DeliveredTolerances, delivered_checks
from quality.payable import payable_checks

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "checks.md"


def test_the_page_lists_every_check_in_order_with_what_its_failure_does() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (stops|warns) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    declared = [*delivered_checks(DeliveredTolerances()), *payable_checks()]

    assert listed == [(check.name, "stops" if check.blocking else "warns") for check in declared]
