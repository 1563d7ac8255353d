"""A source delivers what it is listed for and nothing else, and a till that sends a line again undoes no decision."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_cli import Ran, run_here

from incentives.workspace import Workspace

pytestmark = pytest.mark.slow

CONFIG = """
[workspace]
id = "000000000000000000000000000000ce"
name = "Maison Test"
time_zone = "Europe/Paris"

[sources.till]
feeds = ["order_lines"]

[sources.hr]
feeds = ["associates"]

[sources.office]
feeds = ["credit_overrides"]

[pay_groups.fr]
legal_entity = "Maison Test SAS"
country = "FR"
currency = "EUR"
default = true
"""
POLICY = "policy: global\nvalid_from: 2026-01-01\nroles: {seller: 100}\n"


class Shop:
    """A workspace with three people and one line of 100.00 that the till says lina sold."""

    def __init__(self, root: Path) -> None:
        (root / "policies").mkdir(parents=True)
        (root / "incentives.toml").write_text(CONFIG, encoding="utf-8")
        (root / "policies" / "global.yaml").write_text(POLICY, encoding="utf-8")
        self.ws = Workspace.open(root)
        deliver(
            self.ws, "hr", "associates.csv", [{"associate_id": who, "hired_on": "2020-01-01"} for who in ("lina", "noor", "anna")]
        )

    def command(self, *arguments: str, code: int = 0) -> Ran:
        return run_here(*arguments, "--workspace", self.ws.root, code=code)

    def till_sends(self, seller: str, changed_at: str) -> None:
        deliver(
            self.ws,
            "till",
            f"order_lines-{changed_at[11:13]}.csv",
            [line("A1", "1", "100.00", seller=seller, source_updated_at=changed_at)],
        )

    def office_decides(self, number: str, seller: str, decided_at: str, approved_by: str) -> None:
        deliver(
            self.ws,
            "office",
            f"credit_overrides-{number}.csv",
            [
                {
                    "override_id": number,
                    "source": "till",
                    "order_id": "A1",
                    "line_id": "1",
                    "associate_id": seller,
                    "reason": "sold by someone else",
                    "decided_at": decided_at,
                    "entered_by": "maud",
                    "approved_by": approved_by,
                }
            ],
        )

    def credited(self) -> dict[str, int]:
        self.command("land")
        self.command("build")
        rows = self.command("credits", "--order", "A1", "--format", "json").json()
        return {str(row["recipient"]): int(str(row["credit_minor"])) for row in rows}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    return Shop(tmp_path / "ws")


def test_a_feed_that_a_source_is_not_listed_for_is_refused_whole_and_said_so(shop: Shop) -> None:
    shop.till_sends("lina", "2026-03-01T12:00:00Z")
    deliver(
        shop.ws,
        "till",
        "credit_overrides.csv",
        [
            {
                "override_id": "1",
                "source": "till",
                "order_id": "A1",
                "line_id": "1",
                "associate_id": "noor",
                "decided_at": "2026-03-02T09:00:00Z",
                "approved_by": "sam",
            }
        ],
    )

    answer = shop.command("land", "--format", "json")
    landed = {str(row["file"]): row for row in answer.json()}

    refused = landed["credit_overrides.csv"]
    assert (refused["outcome"], refused["reason"], refused["accepted"]) == ("set_aside", "feed_not_listed", 0)
    assert "Source 'till' may not deliver credit_overrides; incentives.toml lists order_lines" in answer.err
    assert landed["order_lines-12.csv"]["accepted"] == 1


def test_the_last_approved_override_holds_whatever_the_till_sends_again(shop: Shop) -> None:
    shop.till_sends("lina", "2026-03-01T12:00:00Z")
    shop.office_decides("1", "noor", "2026-03-04T09:00:00Z", approved_by="")
    assert shop.credited() == {"lina": 10_000}

    # Delivered in this order and decided in the other: that of the 3rd is the last one that somebody approved.
    shop.office_decides("2", "anna:75|noor:25", "2026-03-03T09:00:00Z", approved_by="sam")
    shop.office_decides("3", "lina", "2026-03-02T09:00:00Z", approved_by="sam")
    assert shop.credited() == {"anna": 7_500, "noor": 2_500}

    shop.till_sends("lina", "2026-03-05T13:00:00Z")
    assert shop.credited() == {"anna": 7_500, "noor": 2_500}
