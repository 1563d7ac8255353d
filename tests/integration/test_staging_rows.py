"""What staging reads from a delivered text, and for which reason it refuses one."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest
from support_deliveries import Delivered, in_force, outcomes, reasons, staged

from incentives.feeds.dbt_files import project_dir
from incentives.feeds.model_rendering import ModelRenderer

LINE = {
    "source": "till",
    "order_id": "o1",
    "line_id": "1",
    "kind": "sale",
    "channel": "store",
    "ordered_at": "2026-03-01T10:00:00Z",
    "quantity": "1",
    "currency": "EUR",
    "net_amount": "10.00",
}
RETURN = {**LINE, "kind": "return", "quantity": "-1", "net_amount": "-10.00"}


def _line(**values: str | None) -> Delivered:
    return Delivered({**LINE, **values})


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01 10:00:00"),
        ("2026-03-01 10:00:00Z", "2026-03-01 10:00:00"),
        ("2026-03-01T10:00Z", "2026-03-01 10:00:00"),
        ("2026-03-01T10:00:00.5Z", "2026-03-01 10:00:00.500000"),
        ("2026-03-01T10:00:00.123456789Z", "2026-03-01 10:00:00.123456"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01 08:00:00"),
        ("2026-03-01T10:00:00-0530", "2026-03-01 15:30:00"),
        ("2026-03-01 10:00:00.250+01", "2026-03-01 09:00:00.250000"),
        ("2026-01-01T00:30:00+01:00", "2025-12-31 23:30:00"),
        ("2024-02-29T00:00:00Z", "2024-02-29 00:00:00"),
    ],
)
def test_timestamps_of_one_grammar_become_utc(text: str, utc: str) -> None:
    assert in_force("order_lines", [_line(ordered_at=text)], "ordered_at") == [(datetime.fromisoformat(utc),)]


@pytest.mark.parametrize("suffix", ["Z", "+02:00", "-0530", "+01", "-00:30", "+14"])
@pytest.mark.parametrize(
    "text", ["2026-03-01T10:00", "2026-02-30 10:00:00", "2024-02-29 23:59:59.1234567", "1001-01-01T00:00:00"]
)
def test_the_arithmetic_for_any_engine_reads_what_duckdbs_cast_reads(text: str, suffix: str) -> None:
    renderer = ModelRenderer(project_dir(), sources={}, models={})
    query = renderer.render_text("select {{ offset_to_utc('x') }}, {{ default__offset_to_utc('x') }} from (select $text as x)")

    with duckdb.connect() as connection:
        row = connection.execute(query, {"text": text + suffix}).fetchone()

    assert row is not None
    assert row[0] == row[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-03-01T10:00:00", "timestamp_without_offset"),
        ("2026-03-01", "bad_timestamp"),
        ("10:00:00", "bad_timestamp"),
        ("01.03.2026 10:00", "bad_timestamp"),
        ("2026-3-1T10:00:00Z", "bad_timestamp"),
        ("2026-02-30T10:00:00Z", "bad_timestamp"),
        ("2026-02-30T10:00:00", "bad_timestamp"),
        ("2026-03-01T24:00:00Z", "bad_timestamp"),
        ("2026-03-01T10:60:00Z", "bad_timestamp"),
        ("2026-03-01T10:00:60Z", "bad_timestamp"),
        ("2026-03-01T10:00:00+15:00", "bad_timestamp"),
        ("2026-03-01T10:00:00 Europe/Paris", "bad_timestamp"),
        ("0000-01-01T00:00:00Z", "bad_timestamp"),
        ("1772352000", "bad_timestamp"),
        ("now", "bad_timestamp"),
        (" 2026-03-01T10:00:00Z", "bad_timestamp"),
        ("", "required_value_missing"),
        (None, "required_value_missing"),
    ],
)
def test_any_other_timestamp_is_refused(text: str | None, reason: str) -> None:
    assert reasons("order_lines", [_line(ordered_at=text)]) == [reason]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        # Paris is two hours ahead in July and one in January; the clock shows 02:30 twice on 25 October, the earlier counts.
        ("2026-07-01T10:00:00", "2026-07-01 08:00:00"),
        ("2026-01-01T10:00:00", "2026-01-01 09:00:00"),
        ("2026-10-25T02:30:00", "2026-10-25 00:30:00"),
        ("2026-10-25T03:00:00", "2026-10-25 02:00:00"),
        ("2026-07-01T10:00:00Z", "2026-07-01 10:00:00"),
    ],
)
def test_a_time_without_offset_is_read_in_the_zone_of_its_source(text: str, utc: str) -> None:
    row = Delivered({**LINE, "source": "paris", "ordered_at": text}, by="paris")

    assert in_force("order_lines", [row], "ordered_at") == [(datetime.fromisoformat(utc),)]


def test_a_time_that_the_clock_skips_is_refused() -> None:
    row = Delivered({**LINE, "source": "paris", "ordered_at": "2026-03-29T02:30:00"}, by="paris")

    assert reasons("order_lines", [row]) == ["timestamp_skipped_by_clock"]


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("EUR", "10.00", 1000),
        ("EUR", "10", 1000),
        ("EUR", "10.5", 1050),
        ("EUR", "+10.05", 1005),
        ("EUR", "000000000000000000010.01", 1001),
        ("EUR", "0.01", 1),
        ("JPY", "1200", 1200),
        ("KWD", "1.234", 1234),
        ("CLF", "1.2345", 12345),
        # 10^13 minor units is the largest amount.
        ("EUR", "100000000000.00", 10**13),
        ("JPY", "10000000000000", 10**13),
    ],
)
def test_amounts_become_minor_units_of_their_currency(currency: str, text: str, minor: int) -> None:
    assert in_force("order_lines", [_line(currency=currency, net_amount=text)], "net_minor") == [(minor,)]


@pytest.mark.parametrize(
    ("currency", "text", "reason"),
    [
        ("EUR", "10.001", "amount_too_precise"),
        ("EUR", "10.000", "amount_too_precise"),
        ("JPY", "10.0", "amount_too_precise"),
        ("EUR", "100000000000.01", "amount_too_large"),
        ("EUR", "99999999999999999999", "amount_too_large"),
        ("EUR", "10,00", "bad_amount"),
        ("EUR", "1 000.00", "bad_amount"),
        ("EUR", "1e3", "bad_amount"),
        ("EUR", "NaN", "bad_amount"),
        ("EUR", "Infinity", "bad_amount"),
        ("EUR", "-inf", "bad_amount"),
        ("EUR", ".5", "bad_amount"),
        ("EUR", "5.", "bad_amount"),
        ("EUR", "0x10", "bad_amount"),
        ("EUR", "١٠", "bad_amount"),
        ("EUR", "=1+1", "bad_amount"),
        ("EUR", None, "required_value_missing"),
        ("EURO", "10.00", "unknown_currency"),
        ("eur", "10.00", "unknown_currency"),
        ("XXX", "10.00", "unknown_currency"),
    ],
)
def test_any_other_amount_is_refused(currency: str, text: str | None, reason: str) -> None:
    assert reasons("order_lines", [_line(currency=currency, net_amount=text)]) == [reason]


@pytest.mark.parametrize(
    ("kind", "quantity", "net", "reason"),
    [
        ("sale", "1", "10.00", None),
        ("sale", "0", "10.00", None),
        ("sale", "-1", "10.00", "sign_contradicts_kind"),
        ("sale", "1", "-10.00", "sign_contradicts_kind"),
        ("sale", "-1", "0.00", None),
        ("return", "-1", "-10.00", None),
        ("return", "0", "-10.00", None),
        ("return", "1", "-10.00", "sign_contradicts_kind"),
        ("return", "-1", "10.00", "sign_contradicts_kind"),
        ("return", "1", "0", None),
    ],
)
def test_the_sign_agrees_with_the_kind_unless_net_is_zero(kind: str, quantity: str, net: str, reason: str | None) -> None:
    assert reasons("order_lines", [_line(kind=kind, quantity=quantity, net_amount=net)]) == [reason]


@pytest.mark.parametrize(
    ("sellers", "reason"),
    [
        (None, None),
        ("a1", None),
        ("a1|a2", None),
        ("a1:70|a2:30", None),
        ("a1:33|a2:33|a3:34", None),
        ("a1:100", None),
        ("a1:70|a2:20", "bad_sellers"),
        ("a1:70|a2", "bad_sellers"),
        ("a1:33.3|a2:66.7", "bad_sellers"),
        ("a1:-10|a2:110", "bad_sellers"),
        ("a1||a2", "bad_sellers"),
        ("|a1", "bad_sellers"),
        ("a1:999999999999|a2:1", "bad_sellers"),
    ],
)
def test_sellers_are_a_list_or_shares_that_sum_to_a_hundred(sellers: str | None, reason: str | None) -> None:
    assert reasons("order_lines", [_line(associate_id=sellers)]) == [reason]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("kind", "exchange", "unknown_value"),
        ("kind", "Sale", "unknown_value"),
        ("quantity", "1.2345", "number_too_precise"),
        ("quantity", "one", "bad_number"),
        ("quantity", "9999999999999999.000", "number_too_large"),
        ("order_id", None, "required_value_missing"),
        ("order_id", "   ", "required_value_missing"),
        ("order_id", "o\x1f1", "bad_key"),
        ("original_order_id", "o\x1f1", "bad_key"),
        ("source", "shop", "source_mismatch"),
        ("deleted", "perhaps", "bad_boolean"),
        ("source_updated_at", "yesterday", "bad_timestamp"),
        ("completed_at", "soon", "bad_timestamp"),
        ("tax_amount", "1.234", "amount_too_precise"),
    ],
)
def test_what_breaks_the_contract_is_refused_for_its_reason(column: str, value: str | None, reason: str) -> None:
    assert reasons("order_lines", [_line(**{column: value})]) == [reason]


@pytest.mark.parametrize(
    ("by", "source", "reason"),
    [
        ("hub", "shop", None),
        ("hub", "till", None),
        ("hub", "hub", None),
        ("hub", "sho", "source_mismatch"),
        ("any", "whoever", None),
        ("till", "shop", "source_mismatch"),
        ("forgotten", "forgotten", None),
        ("forgotten", "till", "source_mismatch"),
    ],
)
def test_a_source_delivers_for_itself_and_those_it_is_configured_for(by: str, source: str, reason: str | None) -> None:
    assert reasons("order_lines", [Delivered({**LINE, "source": source}, by=by)]) == [reason]


def test_a_withdrawal_needs_its_key_alone_and_leaves_a_withdrawn_record() -> None:
    sale = _line()
    withdrawal = Delivered({"source": "till", "order_id": "o1", "line_id": "1", "deleted": "true", "kind": "?"}, load_id=2)

    assert outcomes("order_lines", [sale, withdrawal]) == ["superseded", "accepted"]
    assert in_force("order_lines", [sale, withdrawal], "order_id, is_withdrawn") == [("o1", True)]


def test_a_withdrawal_of_nothing_is_accepted_and_the_same_again_is_a_duplicate() -> None:
    first = Delivered({"source": "till", "order_id": "o9", "line_id": "1", "deleted": "1"})
    again = Delivered({"source": "till", "order_id": "o9", "line_id": "1", "deleted": "TRUE", "channel": "web"}, load_id=2)

    assert outcomes("order_lines", [first, again]) == ["accepted", "duplicate"]


def test_equal_values_in_another_spelling_are_a_duplicate() -> None:
    again = Delivered({**LINE, "ordered_at": "2026-03-01T11:00:00+01:00", "quantity": "1.000", "net_amount": "10.0"}, load_id=2)

    assert outcomes("order_lines", [_line(), again]) == ["accepted", "duplicate"]


def test_a_refused_row_takes_nothing_from_the_version_before() -> None:
    broken = Delivered({**LINE, "net_amount": "?"}, load_id=2)

    assert outcomes("order_lines", [_line(), broken]) == ["accepted", "quarantined"]


def test_the_sentence_names_column_and_value() -> None:
    with staged("order_lines", [_line(net_amount="10.001")]) as connection:
        sentences = connection.execute("select sentence from staging.quarantine_order_lines").fetchall()

    assert sentences == [("net_amount '10.001' has more digits after the point than its currency.",)]


def test_a_target_is_money_where_a_currency_is_given_and_a_number_elsewhere() -> None:
    target = {"subject_type": "associate", "measure": "m", "period_start": "2026-01-01", "period_end": "2026-04-01"}
    rows = [
        Delivered({**target, "subject_id": "a", "value": "1500.50", "currency": "EUR"}),
        Delivered({**target, "subject_id": "b", "value": "15000", "currency": "JPY"}),
        Delivered({**target, "subject_id": "c", "value": "12.5"}),
    ]

    assert in_force("targets", rows, "value_minor, value_milli") == [(150050, None), (15000, None), (None, 12500)]
    assert reasons("targets", [Delivered({**target, "subject_id": "d", "value": "1.234", "currency": "EUR"})]) == [
        "amount_too_precise"
    ]
    assert reasons("targets", [Delivered({**target, "subject_id": "d", "value": "1.2345"})]) == ["number_too_precise"]


@pytest.mark.parametrize(
    ("feed", "values", "reason"),
    [
        ("assignments", {"associate_id": "a", "valid_from": "2026-02-01", "valid_to": "2026-02-01"}, "ends_before_it_begins"),
        ("assignments", {"associate_id": "a", "valid_from": "2026-02-01", "fte": "1.001"}, "value_out_of_range"),
        ("assignments", {"associate_id": "a", "valid_from": "2026-02-01", "fte": "0"}, None),
        ("assignments", {"associate_id": "a", "valid_from": "2026-02-31"}, "bad_date"),
        ("assignments", {"associate_id": "a", "valid_from": "01/02/2026"}, "bad_date"),
        ("locations", {"location_id": "l", "time_zone": "Europe/Lutetia"}, "unknown_time_zone"),
        ("locations", {"location_id": "l", "time_zone": "Asia/Tokyo"}, None),
        (
            "fx_rates",
            {"rate_date": "2026-01-01", "from_currency": "EUR", "to_currency": "USD", "rate": "0"},
            "value_out_of_range",
        ),
        ("fx_rates", {"rate_date": "1999-01-04", "from_currency": "FRF", "to_currency": "EUR", "rate": "0.152449017"}, None),
        (
            "fx_rates",
            {"rate_date": "1999-01-04", "from_currency": "francs", "to_currency": "EUR", "rate": "1"},
            "unknown_currency",
        ),
        (
            "hours",
            {"associate_id": "a", "work_date": "2026-01-01", "activity": "boutique", "hours": "24.01"},
            "value_out_of_range",
        ),
        ("calendars", {"calendar_id": "c", "date": "2026-01-01", "is_working": "maybe"}, "bad_boolean"),
        (
            "control_totals",
            {"source": "till", "business_date": "2026-01-01", "currency": "EUR", "lines": "1.5", "net_amount": "1"},
            "bad_number",
        ),
        (
            "interactions",
            {
                "source": "till",
                "interaction_id": "i",
                "kind": "consultation",
                "channel": "x",
                "associate_id": "a",
                "started_at": "2026-01-01T00:00:00Z",
                "score": "10.01",
            },
            "value_out_of_range",
        ),
    ],
)
def test_rules_of_single_feeds(feed: str, values: dict[str, str | None], reason: str | None) -> None:
    assert reasons(feed, [Delivered(values)]) == [reason]


def test_a_control_total_without_basis_is_by_completion() -> None:
    total = {"source": "till", "business_date": "2026-01-01", "currency": "EUR", "lines": "1", "net_amount": "1"}
    same = Delivered({**total, "basis": "completed"}, load_id=2)

    assert outcomes("control_totals", [Delivered(total), same]) == ["accepted", "duplicate"]
    assert in_force("control_totals", [Delivered(total)], "basis") == [("completed",)]
