"""A seller or a touch is put right by two people who see first what it changes; by the command line, worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import HALF, TENTH, Shop

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Lina sold 1,000.00 and 200.00 in March; anna had talked to the client of the first: half of it each. The second is a walk-in's: half is the house's. A tenth is pay."""
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    made = Shop(tmp_path / "ws", HALF, TENTH)
    sales = [
        line("o1", "1", "1000.00", day="2026-03-10", location_id="", customer_id="c1"),
        line("o2", "1", "200.00", day="2026-03-11", location_id=""),
    ]
    talk = {
        "source": "till",
        "interaction_id": "i1",
        "kind": "conversation",
        "channel": "chat",
        "associate_id": "anna",
        "started_at": "2026-03-09T10:00:00Z",
        "outcome": "answered",
        "customer_id": "c1",
    }
    deliver(made.ws, "till", "order_lines-1.csv", sales)
    deliver(made.ws, "desk", "interactions-1.csv", [talk])
    made.land_and_build()
    return made


def _rows(shop: Shop, *arguments: str) -> set[tuple[str, ...]]:
    """What a correction would change: what, of what, role, whose, was, becomes."""
    said = shop.command("correction", *arguments, "--format", "json").json()[0]["effect"]
    assert isinstance(said, list)
    return {tuple(str(row[key]) for key in ("kind", "of", "role", "recipient", "was", "becomes")) for row in said}


def test_a_corrected_seller_is_shown_first_confirmed_by_another_and_credited_with_the_next_load(shop: Shop) -> None:
    seller = ("seller", "till", "o1", "1", "noor")
    before = shop.command("credits", "--period", "2026-03", "--format", "csv").out

    # The half of the seller goes from lina to noor; anna's half for her advice stays. Pay is a tenth.
    effect = {
        ("credit", "till o1/1", "seller", "lina", "500.00", "0.00"),
        ("credit", "till o1/1", "seller", "noor", "0.00", "500.00"),
        ("pay", "2026-03", "None", "lina", "60.00", "10.00"),
        ("pay", "2026-03", "None", "noor", "0.00", "50.00"),
    }
    assert _rows(shop, *seller) == effect
    assert shop.command("correction", "list", "--format", "json").json() == []
    assert (
        "it changes what noor is credited or paid"
        in shop.command("correction", *seller, "--reason", "Mine.", "--actor", "noor", code=2).err
    )
    assert _rows(shop, *seller, "--reason", "The till was still signed in.", "--actor", "omar") == effect
    found = shop.command("correction", "list", "--format", "json").json()[0]
    number, digest = str(found["correction"]), str(found["digest"])
    assert (found["state"], found["people"], found["by"]) == ("proposed", "lina, noor", "omar")
    assert _rows(shop, "show", number) == effect

    for by, why in (("omar", "another person confirms"), ("lina", "credited or paid")):
        refused = shop.command("correction", "confirm", number, "--actor", by, code=2)
        assert why in refused.err
    shop.command("correction", "confirm", number, "--digest", "0" * 12, "--actor", "iris", code=2)
    assert shop.command("credits", "--period", "2026-03", "--format", "csv").out == before
    shop.command("correction", "confirm", number, "--digest", digest[:12], "--actor", "iris")
    # A run that was killed before the file was there is given again.
    (shop.ws.inbox / "office" / f"credit_overrides-correction-{number}.csv").unlink()
    shop.command("correction", "confirm", number, "--actor", "iris")
    shop.land_and_build()

    assert shop.calculated("2026-03") == {
        ("anna", "2026-03"): ("50.00", "0.00", "50.00"),
        ("lina", "2026-03"): ("10.00", "0.00", "10.00"),
        ("noor", "2026-03"): ("50.00", "0.00", "50.00"),
    }
    assert "noor" in shop.command("explain", "order", "o1").out
    shop.command("verify")


def test_who_corrected_does_not_approve_the_cycle_that_it_is_paid_by(shop: Shop) -> None:
    shop.cycle("open", "2026-03")
    shop.command("correction", "seller", "till", "o2", "1", "noor", "--reason", "The wrong till.", "--actor", "iris")
    number = str(shop.command("correction", "list", "--format", "json").json()[0]["correction"])
    shop.command("correction", "confirm", number, "--actor", "carla")
    shop.land_and_build()
    shop.cycle("calculate", "2026-03")
    shop.cycle("review", "2026-03")

    for by in ("iris", "carla"):
        assert "made an act in this cycle (correction)" in shop.command("cycle", "approve", "2026-03", "--actor", by, code=2).err
    shop.cycle("approve", "2026-03", by="dora")


def test_a_touch_that_is_taken_away_gives_its_part_to_who_is_left(shop: Shop) -> None:
    touch = ("touch", "till", "i1")
    assert _rows(shop, *touch) == {
        ("credit", "till o1/1", "advisor", "anna", "500.00", "0.00"),
        ("credit", "till o1/1", "seller", "lina", "500.00", "1000.00"),
        ("pay", "2026-03", "None", "anna", "50.00", "0.00"),
        ("pay", "2026-03", "None", "lina", "60.00", "110.00"),
    }
    _rows(shop, *touch, "--reason", "It was another client.", "--actor", "omar")
    number = str(shop.command("correction", "list", "--format", "json").json()[0]["correction"])
    shop.command("correction", "confirm", number, "--actor", "iris")
    shop.land_and_build()

    assert shop.calculated("2026-03")["anna", "2026-03"] == ("0.00", "0.00", "0.00")
    assert "it changes nothing" in shop.command("correction", "touch", "till", "i9", code=2).err


def test_what_cannot_be_corrected_is_said(shop: Shop) -> None:
    for arguments, says in (
        (("seller", "till", "o9", "1", "noor"), "there is no line 1 of order o9"),
        (("seller", "till", "o1", "1", "nobody"), "nobody is known as nobody"),
        (("seller", "till", "o1", "1", "lina:60|noor:30"), "sum to 90"),
        (("touch", "hr", "i1"), "nobody delivers interactions of 'hr'"),
        (("confirm", "0123456789ab", "--actor", "iris"), "there is no correction 0123456789ab"),
    ):
        assert says in shop.command("correction", *arguments, code=2).err
