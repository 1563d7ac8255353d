"""What employees answer about their work is kept by team and week: nothing on the disk says who, and no small group is shown."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop

from incentives.plans.registry import read_registry

SURVEY = '\n[sources.survey]\nfeeds = ["feedback"]\n'
PEOPLE = ("lina", "noor", "anna", "omar", "iris", "zoe")


def _answer(number: int, who: str, score: str, given_at: str, **more: str) -> dict[str, str]:
    return {
        "source": "survey",
        "feedback_id": f"p{number}",
        "kind": "employee_pulse",
        "score": score,
        "given_at": given_at,
        "associate_id": who,
        "customer_id": "",
        "team_id": "t",
        "source_updated_at": given_at,
        **more,
    }


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    opened = Shop(tmp_path / "ws", SELLER, TENTH)
    config = opened.ws.root / "incentives.toml"
    config.write_text(config.read_text() + SURVEY)
    deliver(
        opened.ws,
        "hr",
        "assignments-more.csv",
        [
            {"associate_id": who, "valid_from": "2020-01-01", "role": "client_advisor", "currency": "EUR", "team_id": team}
            for who, team in (("omar", "t"), ("iris", "t"), ("zoe", "u"))
        ],
    )
    return opened


def test_an_answer_is_kept_without_who_gave_it_and_when_in_the_week(shop: Shop) -> None:
    rated = {"kind": "csat", "associate_id": "noor", "customer_id": "c9", "team_id": ""}
    deliver(
        shop.ws,
        "survey",
        "feedback.csv",
        [
            # A Thursday, and the Sunday of the week before in its own zone.
            _answer(1, "lina", "8", "2026-03-12T18:05:00+01:00", customer_id="c1"),
            _answer(2, "anna", "7", "2026-03-08 23:30:00-05:00", kind=" Employee_Pulse"),
            _answer(3, "zoe", "9", "2026-03-12T18:06:00Z", **rated),
        ],
    )
    shop.command("land")

    rows = [row for path in sorted(shop.ws.bronze.rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    kept = {row["feedback_id"]: row for row in rows if "feedback_id" in row}
    assert {name for name, value in kept["p1"].items() if value is not None} == {
        "source",
        "feedback_id",
        "kind",
        "score",
        "team_id",
        "given_at",
        "source_updated_at",
        "delivered_row",
    }
    assert [kept[name][moment] for name in ("p1", "p2") for moment in ("given_at", "source_updated_at")] == [
        "2026-03-09T12:00:00Z",
        "2026-03-09T12:00:00Z",
        "2026-03-02T12:00:00Z",
        "2026-03-02T12:00:00Z",
    ]
    # What a client answered is about somebody, and says so.
    assert (kept["p3"]["associate_id"], kept["p3"]["given_at"]) == ("noor", "2026-03-12T18:06:00Z")
    # Clear values lie in a file apart: only the client's of the third row.
    clear = {row["customer_id"] for row in rows if "customer_id" in row and "feedback_id" not in row}
    assert clear - {None} == {"c9"}


def test_a_month_of_a_team_is_shown_from_five_answers_in_a_team_of_five(shop: Shop) -> None:
    # Team t has five people. March has five answers of it: 8, 7, 9, 6, 6. April has four.
    march = [_answer(n, who, score, "2026-03-10T10:00:00Z") for n, (who, score) in enumerate(zip(PEOPLE, "87966", strict=False))]
    april = [_answer(10 + n, who, "10", "2026-04-07T10:00:00Z") for n, who in enumerate(PEOPLE[:4])]
    # Team u is one person, who answered five times.
    alone = [_answer(20 + n, "zoe", "2", "2026-03-10T10:00:00Z", team_id="u") for n in range(5)]
    deliver(
        shop.ws, "survey", "feedback.csv", [*march, *april, *alone, _answer(30, "lina", "1", "2026-03-10T10:00:00Z", team_id="")]
    )
    deliver(shop.ws, "till", "order_lines.csv", [line("1", "1", "100.00", day="2026-04-30", location_id="")])
    shop.land_and_build()

    assert _shown(shop) == [("2026-03", "team:t", "7.2", 500)]
    assert _beside_a_pilot(shop) == ["36/5", None]
    refused = shop.command("quarantine", "--format", "json").json()
    assert [row["reason"] for row in refused] == ["pulse_without_team"]
    # No plan, target or gate can name it.
    assert read_registry().get("employee_pulse") is None

    # An answer more in April, and one of March withdrawn: an increment moves both months.
    deliver(
        shop.ws,
        "survey",
        "feedback-2.csv",
        [
            _answer(14, "iris", "5", "2026-04-08T10:00:00Z"),
            _answer(0, "lina", "8", "2026-03-17T10:00:00Z", deleted="true"),
        ],
    )
    shop.land_and_build()

    assert _shown(shop) == [("2026-04", "team:t", "9", 500)]
    assert _beside_a_pilot(shop) == ["9", None]
    shop.command("audit", "build")


def _shown(shop: Shop) -> list[tuple[object, ...]]:
    rows = shop.command("kpis", "--period", "2026-H1", "--format", "json").json()
    return [
        (row["month"], row["subject"], row["value"], row["denominator"]) for row in rows if row["measure"] == "employee_pulse"
    ]


def _beside_a_pilot(shop: Shop) -> list[object]:
    """Return what the report of a pilot in March and April says of the team that tries it, and of the other."""
    path = shop.ws.root / "pilot.yaml"
    path.write_text(
        "pilot: visits\nhypothesis: Visits help.\nteams: [t]\ncomparison: [u]\nmeasure: credited_revenue\ncurrency: EUR\n"
        "starts: 2026-03\nends: 2026-04\n"
    )
    (found,) = shop.command("pilot", "report", str(path), "--format", "json").json()
    return [side["pulse"] for side in found["sides"]]
