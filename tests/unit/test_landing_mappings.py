"""A delivery in the source's own words lands in ours; what does not follow its mapping is quarantined, never let through."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_landing import deliver, facts, indexed, land_inbox, new_workspace, only, personal

from incentives.errors import DocumentError
from incentives.feeds.mappings.load import read_mapping
from incentives.workspace import Workspace

MAPPING = """\
encoding: cp1252
decimal: comma
grouping: point
dates: DD.MM.YYYY
time_zone: Europe/Paris
files:
  - {match: "VK_*.csv", feed: order_lines}
feeds:
  order_lines:
    columns:
      Belegnr: order_id
      Pos: line_id
      Art: kind
      Kasse: channel
      Zeit: ordered_at
      Menge: quantity
      Netto: net_amount
      Warengruppe: category
    constants: {source: manual, currency: EUR}
    values:
      kind: {VK: sale, RÜ: return}
"""
HEADER = "Belegnr;Pos;Art;Kasse;Zeit;Menge;Netto;Warengruppe;Farbe\n"


def _workspace(tmp_path: Path, mapping: str = MAPPING) -> Workspace:
    ws = new_workspace(tmp_path)
    (ws.root / "mappings").mkdir(exist_ok=True)
    (ws.root / "mappings" / "manual.yaml").write_text(mapping)
    return ws


def test_a_delivery_in_the_sources_own_words_lands_in_ours(tmp_path: Path) -> None:
    ws = _workspace(tmp_path)
    deliver(ws, "VK_0301.csv", (HEADER + "A1;1;VK;Kasse 3;03.02.2026 9:05;1;1.234,50;Mäntel;rot\n").encode("cp1252"))

    outcome = only(land_inbox(ws))

    assert (outcome.outcome, outcome.feed, outcome.accepted) == ("loaded", "order_lines", 1)
    mapping, file = indexed(ws)
    assert (mapping.feed, mapping.load_id, file.load_id) == ("mappings", 1, 2)
    assert facts(ws, mapping) == [{"file_name": "manual.yaml", "text": MAPPING}]
    (row,) = facts(ws, file)
    assert {name: value for name, value in row.items() if value is not None} == {
        "source": "manual",
        "order_id": "A1",
        "line_id": "1",
        "kind": "sale",
        "channel": "Kasse 3",
        "ordered_at": "2026-02-03T09:05:00+01:00",
        "category": "Mäntel",
        "quantity": "1",
        "currency": "EUR",
        "net_amount": "1234.50",
        "delivered_row": 1,
    }


@pytest.mark.parametrize(
    "good, bad",
    [
        ("1.234,50", "1.23"),
        ("1.234,50", "1,234.50"),
        ("1.234,50", "€ 12,50"),
        ("1.234,50", "12,5,0"),
        ("03.02.2026 9:05", "02/03/2026 9:05"),
        ("03.02.2026 9:05", "31.02.2026 9:05"),
        ("03.02.2026 9:05", "29.03.2026 02:30"),
        ("VK", "UMTAUSCH"),
    ],
)
def test_a_value_that_does_not_follow_the_mapping_quarantines_its_row_alone(good: str, bad: str, tmp_path: Path) -> None:
    ws = _workspace(tmp_path)
    line = "A1;1;VK;Kasse 3;03.02.2026 9:05;1;1.234,50;;\n"
    deliver(ws, "VK_1.csv", (HEADER + line + line.replace("A1", "A2").replace(good, bad)).encode("cp1252"))

    outcome = only(land_inbox(ws))

    assert (outcome.delivered, outcome.accepted, outcome.quarantined) == (2, 1, 1)


def test_text_that_may_be_utf8_is_not_decoded_as_something_else(tmp_path: Path) -> None:
    ws = _workspace(tmp_path)
    line = "A1;1;VK;Kasse 3;03.02.2026 9:05;1;1,00;Mäntel;\n"
    deliver(ws, "VK_1.csv", (HEADER + line).encode("utf-8"))
    deliver(ws, "VK_2.csv", (HEADER + line).encode("utf-8-sig"))
    deliver(ws, "VK_3.csv", (HEADER + line).encode("utf-16"))
    deliver(ws, "VK_4.csv", (HEADER + line.replace("ä", "a")).encode())

    report = land_inbox(ws)

    assert [(file.outcome, file.reason) for file in report.files] == [
        ("set_aside", "undecodable_text"),
        ("loaded", None),
        ("loaded", None),
        ("loaded", None),
    ]


def test_unknown_columns_are_kept_beside_the_personal_data_where_the_mapping_says_so_and_free_text_never(tmp_path: Path) -> None:
    ws = _workspace(tmp_path, MAPPING + "keep_unknown: true\n")
    deliver(ws, "VK_1.csv", HEADER.replace("\n", ";Note\n") + "A1;1;VK;K;03.02.2026 9:05;1;1,00;;rot;secret words\n")
    deliver(
        ws,
        "targets.csv",
        "subject_type,subject_id,measure,period_start,period_end,value,hue\nteam,T,m,01.01.2026,01.02.2026,1,red\n",
    )

    land_inbox(ws)

    _, line, target = indexed(ws)
    assert [row["unknown_columns"] for row in personal(ws, line)] == ['{"farbe": "rot"}']
    assert [row["unknown_columns"] for row in personal(ws, target)] == ['{"hue": "red"}']
    assert "secret" not in str([personal(ws, line), facts(ws, line)])


def test_a_mapping_with_mistakes_holds_back_its_source_alone_and_names_them(tmp_path: Path) -> None:
    ws = _workspace(tmp_path, MAPPING + "colour: blue\n")
    deliver(ws, "VK_1.csv", HEADER)

    outcome = only(land_inbox(ws))

    assert (outcome.outcome, outcome.reason) == ("deferred", "mapping_has_mistakes")
    assert outcome.sentence is not None
    assert "manual.yaml:22: colour: unknown key" in outcome.sentence


@pytest.mark.parametrize(
    "wrong, named",
    [
        ("decimal: semicolon", ":1: decimal: "),
        ("dates: D.M.Y", ":1: dates: "),
        ("encoding: klingon", ":1: encoding: "),
        ("time_zone: Mars/Olympus", ":1: time_zone: 'Mars/Olympus' is not a time zone"),
        ("feeds:\n  sales: {}", ":2: feeds.sales"),
        ("feeds:\n  hours:\n    columns: {a: b}", ":3: feeds.hours.columns: hours has no column b"),
        ("feeds:\n  hours:\n    columns: {a: hours, A: activity}", ":3: feeds.hours.columns: a stands twice"),
        ("feeds:\n  hours:\n    columns: {a: hours}\n    constants: {hours: '1'}", ":2: feeds.hours: hours is both"),
        ("keep_unknown: maybe", ":1: keep_unknown: expected true or false"),
    ],
)
def test_a_mistake_in_a_mapping_is_named_by_file_line_and_key(wrong: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "pos.yaml"
    path.write_text(wrong)

    with pytest.raises(DocumentError) as refused:
        read_mapping(path)

    assert f"pos.yaml{named}" in str(refused.value)


def test_a_constant_for_a_column_that_is_delivered_refuses_the_file(tmp_path: Path) -> None:
    ws = _workspace(tmp_path)
    deliver(ws, "VK_1.csv", HEADER.replace("Farbe", "currency"))

    assert only(land_inbox(ws)).reason == "duplicate_column"


def test_a_missing_column_is_named_in_the_sources_words(tmp_path: Path) -> None:
    ws = _workspace(tmp_path)
    deliver(ws, "VK_1.csv", HEADER.replace("Netto", "Brutto"))

    outcome = only(land_inbox(ws))

    assert outcome.reason == "missing_required_column"
    assert outcome.sentence is not None
    assert "netto (net_amount)" in outcome.sentence
