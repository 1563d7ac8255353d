"""`incentives pilot report`: teams that try something beside teams that do not, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_build import KEY, deliver, line
from support_shop import SELLER, TENTH, Shop

pytestmark = pytest.mark.slow

PILOT = """\
pilot: appointments
hypothesis: Appointments raise what teams sell.
teams: [{tried}]
comparison: [{other}]
measure: credited_revenue
currency: EUR
starts: 2026-02
ends: 2026-04
{more}
"""
TRIED, OTHER = [f"t{number}" for number in range(1, 6)], [f"t{number}" for number in range(6, 11)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Ten teams of one person each sell 1,000.00 in January; in February five of them 1,100.00 to 1,500.00, the others 1,000.00 again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCENTIVES_KEY", KEY)
        made = Shop(tmp_path_factory.mktemp("pilot") / "ws", SELLER, TENTH)
        people = [f"p{number}" for number in range(1, 11)]
        deliver(made.ws, "hr", "associates-2.csv", [{"associate_id": who, "hired_on": "2020-01-01"} for who in people])
        spans = [
            {
                "associate_id": who,
                "valid_from": "2020-01-01",
                "role": "client_advisor",
                "currency": "EUR",
                "team_id": f"t{who[1:]}",
            }
            for who in people
        ]
        deliver(made.ws, "hr", "assignments-2.csv", spans)
        sold = [line(f"j{who}", "1", "1000.00", day="2026-01-10", seller=who, location_id="") for who in people]
        for number, who in enumerate(people, 1):
            net = f"{1000 + (100 * number if number <= 5 else 0)}.00"
            sold.append(line(f"f{who}", "1", net, day="2026-02-28", seller=who, location_id=""))
        deliver(made.ws, "till", "order_lines-1.csv", sold)
        made.land_and_build()
    return made


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCENTIVES_KEY", KEY)


def _file(folder: Path, tried: list[str], other: list[str], more: str = "") -> Path:
    path = folder / "pilot.yaml"
    path.write_text(PILOT.format(tried=", ".join(tried), other=", ".join(other), more=more), encoding="utf-8")
    return path


def test_the_difference_comes_with_its_interval(shop: Shop, tmp_path: Path) -> None:
    # Changes of 100 to 500 beside five of nothing: a difference of 300.00. Their variance is 25,000, so the standard error is
    # sqrt(25,000 / 5) = 70.7107 with 4 degrees of freedom; t of 97.5 % is 2.776445, half the interval 196.3243.
    path = _file(tmp_path, TRIED, OTHER, "stop: {measure: credited_revenue, below: 1000.00}")
    (found,) = shop.command("pilot", "report", str(path), "--format", "json").json()
    shown = shop.command("pilot", "report", str(path)).out

    assert found["months"] == ["2026-02"]
    assert found["difference"] == "30000"
    assert (round(found["low"]), round(found["high"])) == (10368, 49632)
    assert found["verdict"] == "The pilot's teams came to more than the others: zero lies outside the interval."
    assert "difference in credited_revenue: 300.00 EUR for each person and month, 95 % between 103.68 and 496.32" in shown
    assert "The stop rule did not hold in any month." in shown
    # Mean revenue of the pilot's five people: 1,000.00, then (1,100 + ... + 1,500) / 5 = 1,300.00.
    assert [(side["revenue_before"], side["revenue_during"]) for side in found["sides"]] == [
        ("100000", "130000"),
        ("100000", "100000"),
    ]


def test_with_few_teams_nothing_is_said(shop: Shop, tmp_path: Path) -> None:
    path = _file(tmp_path, TRIED[:2], OTHER[:4], "stop: {measure: credited_revenue, above: 1100.00}")
    (found,) = shop.command("pilot", "report", str(path), "--format", "json").json()

    # Changes of 100.00 and 200.00 beside none.
    assert (found["difference"], found["low"], found["high"]) == ("15000", None, None)
    assert found["verdict"].startswith("Too few to say anything: 2 teams tried it and 4 did not")
    # 1,150.00 for each person is above 1,100.00.
    assert found["stopped"] == ["2026-02"]


def test_people_of_a_team_are_counted_by_days(shop: Shop, tmp_path: Path) -> None:
    # Team t has three people, none of whom sold anything; a person of ten teams is there for all of February.
    path = _file(tmp_path, ["t"], ["t1"])
    (found,) = shop.command("pilot", "report", str(path), "--format", "json").json()

    assert [(team["team"], team["people"], team["during"]) for team in found["teams"]] == [("t", "3", "0"), ("t1", "1", "110000")]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    (
        ("[t6]", "[t1]", "pilot.yaml:4: comparison: t1 tries it too."),
        ("[t6]", "[t6, t6]", "pilot.yaml:4: comparison: t6 stands twice."),
        ("[t6]", "[t99]", "pilot.yaml: nobody was ever in t99."),
        ("credited_revenue", "influenced_revenue", "influenced_revenue is not known of teams month by month."),
        ("credited_revenue", "client_book_size", "client_book_size is not known of teams month by month."),
        ("currency: EUR\n", "", "credited_revenue is money, and the pilot names no currency."),
        ("ends: 2026-04", "ends: 2026-01", "pilot.yaml:8: ends: it ends before it starts."),
        ("ends: 2026-04", "ends: 2026", "pilot.yaml:8: ends: expected a month such as 2026-03."),
        ("2026-02", "2026-03", "no month of the pilot is over yet: what is published ends on 2026-02-28."),
        ("hypothesis", "guess", "guess: unknown key"),
    ),
)
def test_a_file_that_cannot_be_reported_on_is_named(shop: Shop, tmp_path: Path, old: str, new: str, words: str) -> None:
    path = _file(tmp_path, ["t1"], ["t6"])
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    assert words in shop.command("pilot", "report", str(path), code=2).err
