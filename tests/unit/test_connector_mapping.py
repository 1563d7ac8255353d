"""What a mapping makes of a record, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from incentives import documents
from incentives.connectors.fields import Section
from incentives.connectors.mapping import Mapper, MappingError
from incentives.connectors.outputs import Output
from incentives.connectors.values import parse_json, text_of
from incentives.errors import DocumentError
from incentives.feeds.columns import ColumnType

FILE = Path("connectors/example.yaml")
INTERACTION = """
deliver:
  - feed: interactions
    each: entry.messages
    columns: {interaction_id: entry.messages.id, associate_id: entry.line, started_at: {path: entry.messages.at, read: unix_seconds}}
    constants: {kind: conversation, channel: whatsapp}
"""


class Deliveries(Section):
    """The part of a connector's file that maps."""

    deliver: tuple[Output, ...]


def _outputs(text: str) -> tuple[Output, ...]:
    return documents.validate(documents.parse(text, FILE), Deliveries).deliver


def _lines(net: str) -> tuple[Output, ...]:
    return _outputs(f"""
deliver:
  - feed: order_lines
    each: lines
    columns:
      order_id: id
      line_id: lines.id
      ordered_at: at
      quantity: lines.quantity
      currency: currency
      net_amount: {net}
    constants: {{kind: sale, channel: web}}
""")


def _net(net: str, json: str) -> list[str]:
    outputs = _lines(net)
    record = parse_json(json.encode())
    assert isinstance(record, dict)
    place = outputs[0].header.index("net_amount")
    return [row.values[place] for row in Mapper(outputs, "shop").rows(record)]


def test_each_element_of_nested_lists_makes_a_row_that_sees_its_own_parents() -> None:
    record = parse_json(
        b'{"entry": [{"line": "a-1", "messages": [{"id": "m1", "at": "1767225600"}, {"id": "m2", "at": 1767225601}]},'
        b' {"line": "a-2"}, {"line": "a-3", "messages": [{"id": "m3", "at": 1767225602.5}]}]}'
    )
    assert isinstance(record, dict)

    rows = [row.values for row in Mapper(_outputs(INTERACTION), "whatsapp").rows(record)]

    assert rows == [
        ("whatsapp", "m1", "conversation", "whatsapp", "a-1", "2026-01-01T00:00:00Z"),
        ("whatsapp", "m2", "conversation", "whatsapp", "a-1", "2026-01-01T00:00:01Z"),
        ("whatsapp", "m3", "conversation", "whatsapp", "a-3", "2026-01-01T00:00:02.500000Z"),
    ]


@pytest.mark.parametrize(
    "number, text",
    [
        ("19.90", "19.90"),
        ("0.1", "0.1"),
        ("12345678901234567890", "12345678901234567890"),
        ("1e3", "1000"),
        ("-0", "-0"),
        ('"19.90"', "19.90"),
        ("1e999999999", "1E+999999999"),
    ],
)
def test_a_json_number_is_delivered_with_the_digits_that_it_has(number: str, text: str) -> None:
    assert text_of(parse_json(number.encode()), ColumnType.AMOUNT) == text


@pytest.mark.parametrize("content", [b"{", b"NaN", b"[Infinity]", b"<html>", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(content)


def test_a_sum_is_exact_and_adds_up_the_lists_inside_a_line() -> None:
    # 3 x 19.99 = 59.97; minus discounts 0.10 + 0.20; minus 9.95 of tax where prices include it.
    net = (
        "{sum: [{add: lines.price, times: lines.quantity}, {subtract: lines.discounts.amount}, "
        '{subtract: lines.tax, where: {taxed: "true"}}]}'
    )
    line = '{"id": 1, "quantity": 3, "price": "19.99", "discounts": [{"amount": 0.1}, {"amount": "0.20"}], "tax": "9.95"}'

    assert _net(net, f'{{"taxed": true, "lines": [{line}]}}') == ["49.72"]
    assert _net(net, f'{{"taxed": false, "lines": [{line}]}}') == ["59.67"]


def test_a_sum_of_many_digits_is_not_rounded() -> None:
    net = "{sum: [{add: lines.a}, {subtract: lines.b}]}"

    (exact,) = _net(net, '{"lines": [{"a": 12345678901234567890123456789012345678.01, "b": 0.0000000000000000000001}]}')

    assert exact == "12345678901234567890123456789012345678.0099999999999999999999"


def test_a_sum_that_finds_no_number_is_empty_and_not_zero() -> None:
    assert _net("{sum: [{add: lines.price}]}", '{"lines": [{"id": 1}]}') == [""]


@pytest.mark.parametrize(
    "line, words",
    [
        ('{"price": "a lot"}', "expected a number"),
        ('{"price": true}', "expected an exact number"),
        ('{"price": {"amount": 1}}', "expected an exact number"),
        ('{"price": "1e500"}', "more digits"),
        ('{"price": "NaN"}', "expected a number"),
    ],
)
def test_what_is_no_number_is_refused_with_its_column_and_without_its_value(line: str, words: str) -> None:
    with pytest.raises(MappingError, match=r"order_lines\.net_amount: .*" + words) as raised:
        _net("{sum: [{add: lines.price}]}", f'{{"lines": [{line}]}}')

    assert "a lot" not in str(raised.value)


def test_a_list_where_one_value_is_expected_is_refused() -> None:
    with pytest.raises(MappingError, match="expected one value"):
        _net("lines.price", '{"lines": [{"price": [1, 2]}]}')


def test_hostile_texts_stay_texts() -> None:
    assert _net("lines.price", '{"lines": [{"price": "{{ 1 + 1 }}; drop table x; =cmd()"}]}') == [
        "{{ 1 + 1 }}; drop table x; =cmd()"
    ]


@pytest.mark.parametrize(
    "old, new, problem",
    [
        ("channel: whatsapp", "channel: whatsapp, note: text", "'note' is free text; it is never written"),
        ("interaction_id: entry.messages.id, ", "", "interactions requires interaction_id"),
        ("feed: interactions", "feed: chats", "'chats' is not a feed"),
        ("channel: whatsapp", "channel: whatsapp, colour: red", "'colour' is not a column of interactions"),
        ("channel: whatsapp", "channel: whatsapp, associate_id: a", "'associate_id' has a column and a constant"),
        ("associate_id: entry.line", "associate_id: entry..line", "is not a path"),
        ("associate_id: entry.line", "associate_id: {path: a, first_of: [b]}", "exactly one of path, first_of and sum"),
        ("associate_id: entry.line", "associate_id: {path: a, formula: b}", "unknown key"),
    ],
)
def test_a_mistake_of_a_mapping_is_named_with_its_line(old: str, new: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem) as raised:
        _outputs(INTERACTION.replace(old, new))

    assert raised.value.problems[0].startswith("connectors/example.yaml:")
