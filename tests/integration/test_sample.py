"""The sample retailer: what is delivered, read back with nothing but the csv module."""

from __future__ import annotations

import csv
import gzip
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from incentives.errors import InputError
from incentives.feeds.contracts import FEEDS
from incentives.feeds.sample import SampleSummary, demo_sources_toml, generate_sample
from incentives.settings import Config

ORDER_LINES = 40_000
HOME = "Europe/Paris"
EXTRA_COLUMNS = {("webshop", "order_lines"): ["utm_campaign"]}


@dataclass(frozen=True)
class Sample:
    root: Path
    summary: SampleSummary

    def rows(self, feed: str) -> Iterator[dict[str, str]]:
        """Rows with the header's number of fields, in order of delivery."""
        for path in sorted(self.root.glob(f"*/{feed}*.csv")):
            with path.open(encoding="utf-8", newline="") as handle:
                reader = csv.reader(handle)
                header = next(reader)
                for cells in reader:
                    if len(cells) == len(header):
                        yield dict(zip(header, cells, strict=True))

    def order_lines(self) -> list[dict[str, str]]:
        """Good order lines, each key once, the version in force."""
        kept: dict[tuple[str, str, str], dict[str, str]] = {}
        for row in self.rows("order_lines"):
            key = (row["source"], row["order_id"], row["line_id"])
            before = kept.get(key)
            if is_good(row) and (before is None or row["source_updated_at"] > before["source_updated_at"]):
                kept[key] = row
        return list(kept.values())


def is_good(row: dict[str, str]) -> bool:
    try:
        net = Decimal(row["net_amount"])
    except ArithmeticError:
        return False
    offset_known = row["source"] == "pos-ae" or datetime.fromisoformat(row["ordered_at"]).tzinfo is not None
    return (
        row["kind"] in ("sale", "return")
        and row["currency"] in ("EUR", "AED")
        and net == net.quantize(Decimal("0.01"))
        and (net > 0 if row["kind"] == "sale" else net < 0)
        and row["order_id"] != ""
        and offset_known
    )


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("sample")
    return Sample(root, generate_sample(root, order_lines=ORDER_LINES, seed=7))


@pytest.fixture(scope="module")
def lines(sample: Sample) -> list[dict[str, str]]:
    return sample.order_lines()


def test_equal_arguments_give_equal_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    for name, seed in (("first", 3), ("second", 3), ("third", 4)):
        generate_sample(tmp_path / name, order_lines=500, seed=seed, compressed=True)

    assert digests(tmp_path / "first") == digests(tmp_path / "second")
    assert digests(tmp_path / "first") != digests(tmp_path / "third")


def test_compressed_files_hold_the_same_bytes(tmp_path: Path) -> None:
    generate_sample(tmp_path / "plain", order_lines=500, seed=3)
    generate_sample(tmp_path / "packed", order_lines=500, seed=3, compressed=True)

    packed = sorted((tmp_path / "packed").rglob("*.csv.gz"))

    assert packed
    for path in packed:
        plain = tmp_path / "plain" / path.relative_to(tmp_path / "packed").with_suffix("")
        assert gzip.decompress(path.read_bytes()) == plain.read_bytes()


def test_every_header_is_the_contract_and_documented_extras(sample: Sample) -> None:
    feeds = set()
    for path in sample.root.rglob("*.csv"):
        source, feed = path.parent.name, path.name.split("-")[0].split(".")[0]
        with path.open(encoding="utf-8", newline="") as handle:
            header = next(csv.reader(handle))

        assert header == [column.name for column in FEEDS[feed].columns] + EXTRA_COLUMNS.get((source, feed), [])
        feeds.add(feed)

    assert feeds == set(FEEDS) - {"credit_overrides"}


def test_the_summary_counts_what_was_delivered(sample: Sample) -> None:
    delivered: Counter[str] = Counter()
    for path in sample.root.rglob("*.csv"):
        if not path.name.endswith("-again.csv"):
            feed = path.name.split("-")[0].split(".")[0]
            delivered[f"{path.parent.name}/{feed}"] += len(path.read_bytes().splitlines()) - 1

    assert dict(delivered) == sample.summary.rows_delivered
    assert sorted(sample.summary.files) == sorted(path.relative_to(sample.root).as_posix() for path in sample.root.rglob("*.csv"))


def test_order_lines_are_as_many_as_asked_for(sample: Sample, lines: list[dict[str, str]]) -> None:
    summary = sample.summary
    bad = sum(summary.bad_rows["order_lines"].values())
    delivered = sum(count for place, count in summary.rows_delivered.items() if place.endswith("/order_lines"))

    assert summary.order_lines == ORDER_LINES
    assert len(lines) == ORDER_LINES - bad
    assert delivered == ORDER_LINES + summary.repeated_lines + summary.corrected_lines
    assert summary.interactions == 3 * ORDER_LINES


def test_bad_rows_are_half_a_percent_and_of_every_kind(sample: Sample) -> None:
    bad = sample.summary.bad_rows

    assert sum(bad["order_lines"].values()) == ORDER_LINES * 5 // 1_000
    assert sum(bad["interactions"].values()) == 3 * ORDER_LINES * 5 // 1_000
    assert set(bad["order_lines"]) == {
        "bad_amount",
        "unknown_value",
        "timestamp_without_offset",
        "wrong_field_count",
        "sign_contradicts_kind",
        "amount_too_precise",
        "unknown_currency",
        "required_value_missing",
    }
    assert len(set(bad["interactions"])) == 5


def test_control_totals_equal_the_valid_completed_lines(sample: Sample, lines: list[dict[str, str]]) -> None:
    zone_of = {row["location_id"]: row["time_zone"] for row in sample.rows("locations")}
    found: dict[tuple[str, str, str], tuple[int, Decimal]] = {}
    for row in lines:
        if row["completed_at"]:
            zone = ZoneInfo(zone_of.get(row["location_id"], HOME))
            moment = datetime.fromisoformat(row["completed_at"])
            local = moment if moment.tzinfo is None else moment.astimezone(zone)
            key = (row["source"], local.date().isoformat(), row["currency"])
            count, net = found.get(key, (0, Decimal(0)))
            found[key] = (count + 1, net + Decimal(row["net_amount"]))

    stated = {
        (row["source"], row["business_date"], row["currency"]): (int(row["lines"]), Decimal(row["net_amount"]))
        for row in sample.rows("control_totals")
    }

    assert found == stated
    totals: Counter[str] = Counter()
    for (_, _, currency), (_, net) in found.items():
        totals[currency] += int(net * 100)
    assert dict(totals) == sample.summary.net_minor


def test_one_percent_of_customers_make_a_fifth_of_the_lines(sample: Sample, lines: list[dict[str, str]]) -> None:
    summary = sample.summary
    by_phone = {row["identifier_value"]: row["customer_id"][1:] for row in sample.rows("customer_identifiers")}
    of_best = 0
    for row in lines:
        given = row["loyalty_id"] or row["customer_email"] or row["customer_phone"]
        number = row["customer_id"][1:] or by_phone.get(given, "")
        of_best += number != "" and int(number) < summary.customers // 100

    assert 0.17 < of_best / len(lines) < 0.23


def test_one_customer_in_ten_thousand_has_over_a_thousand_touches(sample: Sample) -> None:
    touches = Counter(row["customer_id"] for row in sample.rows("interactions") if row["customer_id"])

    often = [customer for customer, count in touches.items() if count > 700]

    # The rest of the touches of the same customer come through the service desk and social handles, without this id.
    assert len(often) == sample.summary.customers // 10_000 == 1


def test_returns_are_five_percent_and_often_in_another_channel(sample: Sample, lines: list[dict[str, str]]) -> None:
    sales = {(row["source"], row["order_id"], row["line_id"]): row for row in lines if row["kind"] == "sale"}
    returned = [row for row in lines if row["kind"] == "return"]
    matched = [
        (row, sales[key])
        for row in returned
        if (key := (row["original_source"], row["original_order_id"], row["original_line_id"])) in sales
    ]

    assert sample.summary.returns == ORDER_LINES * 5 // 100
    assert len(matched) > 0.98 * len(returned)
    assert sum(row["channel"] != sale["channel"] for row, sale in matched) > 0.3 * len(matched)
    assert all(row["currency"] == sale["currency"] for row, sale in matched)
    assert all(-Decimal(row["net_amount"]) <= Decimal(sale["net_amount"]) for row, sale in matched)
    assert any(row["quantity"] == "0" for row in returned)


def test_late_lines_come_in_a_later_file(sample: Sample) -> None:
    late = list(sample.root.rglob("order_lines-*-late.csv"))
    rows = sum(len(path.read_bytes().splitlines()) - 1 for path in late)
    summary = sample.summary

    assert summary.late_lines == ORDER_LINES // 100
    assert rows == summary.late_lines + summary.repeated_lines + summary.corrected_lines
    assert all(row_month(path) > "2026-01" for path in late)


def row_month(path: Path) -> str:
    return path.name.removeprefix("order_lines-")[:7]


def test_some_lines_have_several_sellers_none_or_one_that_nobody_knows(sample: Sample, lines: list[dict[str, str]]) -> None:
    people = {row["associate_id"] for row in sample.rows("associates")}
    sellers = [row["associate_id"] for row in lines]
    named = {part.split(":")[0] for text in sellers if text for part in text.split("|")}
    unknown = [row for row in lines if row["associate_id"].split("|")[0].split(":")[0].startswith("a99")]

    assert 0 < sum("|" in text for text in sellers) < 0.05 * len(sellers)
    assert any(":" in text for text in sellers)
    assert 0 < sum(text == "" for text in sellers) < 0.35 * len(sellers)
    assert named - people == {row["associate_id"].split("|")[0].split(":")[0] for row in unknown}
    assert len(unknown) == sample.summary.unknown_seller_lines > 0


def test_known_sellers_are_employed_when_they_sell(sample: Sample, lines: list[dict[str, str]]) -> None:
    employed = {row["associate_id"]: (row["hired_on"], row["left_on"] or "9999") for row in sample.rows("associates")}

    for row in lines:
        day = row["ordered_at"][:10]
        for part in filter(None, row["associate_id"].split("|")):
            first, last = employed.get(part.split(":")[0], ("0", "9999"))
            assert first <= day <= last


def test_people_move_team_leave_and_join(sample: Sample) -> None:
    assignments = list(sample.rows("assignments"))
    teams = Counter(row["associate_id"] for row in assignments)
    associates = list(sample.rows("associates"))

    assert any(count == 2 for count in teams.values())
    assert any(row["left_on"] for row in associates)
    assert any(row["hired_on"] > "2026-01-01" for row in associates)
    assert {row["role"] for row in assignments} == {
        "retail_director",
        "boutique_manager",
        "client_advisor",
        "online_advisor",
        "contact_centre_advisor",
    }
    managers = {row["manager_id"] for row in assignments if row["manager_id"]}
    assert managers <= {row["associate_id"] for row in associates}
    assert len(associates) == 40


def test_people_are_paid_in_the_currency_of_their_targets(sample: Sample) -> None:
    currency = {row["associate_id"]: row["currency"] for row in sample.rows("assignments")}
    keys = Counter()
    for row in sample.rows("targets"):
        if row["subject_type"] == "associate":
            assert row["currency"] == currency[row["subject_id"]]
        assert date.fromisoformat(row["period_end"]) > date.fromisoformat(row["period_start"])
        keys[row["subject_type"], row["subject_id"], row["measure"], row["period_start"]] += 1

    assert set(keys.values()) == {1}
    assert {"EUR", "AED"} == set(currency.values())


def test_without_the_gulf_there_is_one_currency(tmp_path: Path) -> None:
    summary = generate_sample(tmp_path, order_lines=2_000, seed=7, gulf=False)

    assert set(summary.net_minor) == {"EUR"}
    assert not (tmp_path / "pos-ae").exists()


def test_the_demo_configuration_lists_what_each_source_delivers(sample: Sample) -> None:
    workspace = {"id": "0" * 32, "name": "Demo", "demo": True, "time_zone": HOME}
    config = Config.model_validate({"workspace": workspace, **tomllib.loads(demo_sources_toml())})

    delivered: dict[str, set[str]] = {}
    for place in sample.summary.rows_delivered:
        source, _, feed = place.partition("/")
        delivered.setdefault(source, set()).add(feed)

    assert {name: set(section.feeds) for name, section in config.sources.items()} == delivered
    assert {row["pay_group"] for row in sample.rows("associates")} == set(config.pay_groups)


def test_it_refuses_what_it_cannot_make_and_files_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 100"):
        generate_sample(tmp_path, order_lines=99, seed=1)
    with pytest.raises(InputError, match="first day of a month"):
        generate_sample(tmp_path, order_lines=100, seed=1, start=date(2026, 1, 2))

    generate_sample(tmp_path, order_lines=100, seed=1, months=2)

    with pytest.raises(InputError, match="already there"):
        generate_sample(tmp_path, order_lines=100, seed=1, months=2)


@pytest.mark.parametrize("months", [1, 3, 14])
def test_any_number_of_months_has_exactly_the_lines_asked_for(tmp_path: Path, months: int) -> None:
    summary = generate_sample(tmp_path, order_lines=1_000, seed=5, months=months, interactions=700)

    assert (summary.order_lines, summary.interactions, summary.returns) == (1_000, 700, 50)
