"""What cannot be read is set aside whole, byte for byte, with its reason; nothing of it is loaded."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import pytest
from support_landing import NOW, as_csv, deliver, indexed, land_inbox, new_workspace, only, sale

from incentives.errors import InputError
from incentives.feeds.readers import json_table, packing
from incentives.services.landing import land

GOOD = as_csv([sale("O1"), sale("O2")])


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


def _damaged() -> bytes:
    packed = bytearray(gzip.compress(GOOD.encode() * 50))
    packed[len(packed) // 2] ^= 0xFF
    return bytes(packed)


REFUSED = {
    "zero bytes": (b"", "zero_bytes"),
    "packed nothing": (gzip.compress(b""), "zero_bytes"),
    "blank lines only": (b"\n\r\n\n", "no_header"),
    "no header": (GOOD.split("\n", 1)[1].encode(), "no_header"),
    "preamble before the header": (b"Sales report,,\n" + GOOD.encode(), "no_header"),
    "required column missing": (GOOD.replace("net_amount", "amount").encode(), "missing_required_column"),
    "column twice": (GOOD.replace("sku,", "order_id,", 1).encode(), "duplicate_column"),
    "truncated gzip": (gzip.compress(GOOD.encode() * 50)[:-20], "truncated_gzip"),
    "gzip cut in its header": (gzip.compress(GOOD.encode())[:5], "truncated_gzip"),
    "damaged gzip": (_damaged(), "corrupt_gzip"),
    "gzip with something after it": (gzip.compress(GOOD.encode()) + b"tail", "corrupt_gzip"),
    "latin-1": (as_csv([sale("O1", category="Pièce d'été")]).encode("latin-1"), "undecodable_text"),
    "UTF-8 cut within a character": (as_csv([sale("O1", category="é")]).encode()[:-1].replace(b"\xa9", b""), "undecodable_text"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "undecodable_text"),
    "UTF-16 cut within a character": (GOOD.encode("utf-16")[:-1], "undecodable_text"),
    "UTF-32": (GOOD.encode("utf-32"), "undecodable_text"),
    "web page": (b"\n <!DOCTYPE html><html><body>Sign in</body></html>", "html_page"),
    "spreadsheet": (_zip(), "spreadsheet_file"),
    "Parquet": (b"PAR1....PAR1", "unsupported_format"),
    "JSON": (b'[{"source": "pos"}]', "unsupported_format"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_unreadable_file_is_set_aside_byte_for_byte(case: str, tmp_path: Path) -> None:
    content, reason = REFUSED[case]
    ws = new_workspace(tmp_path)
    path = deliver(ws, "order_lines-2026.csv", content)

    outcome = only(land_inbox(ws))

    assert (outcome.outcome, outcome.reason, outcome.delivered) == ("set_aside", reason, 0)
    assert outcome.sentence
    (file,) = indexed(ws)
    assert (ws.set_aside / file.delivered_sha256 / path.name).read_bytes() == content
    assert path.read_bytes() == content
    assert not (ws.bronze / "facts").exists()
    assert not (ws.bronze / ".landing").exists()


def test_a_file_set_aside_is_recorded_once_until_it_changes(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv", b"")
    first = land_inbox(ws)

    again = land_inbox(ws)
    deliver(ws, "order_lines.csv", GOOD)
    mended = land_inbox(ws)

    assert (first.load_id, again.load_id, mended.load_id) == (1, None, 2)
    assert only(again).outcome == "set_aside"
    assert (only(mended).outcome, only(mended).accepted) == ("loaded", 2)


@pytest.mark.parametrize(
    "source, name, reason",
    [
        ("shopify", "order_lines.csv", "feed_not_listed"),
        ("stranger", "order_lines.csv", "source_not_listed"),
        ("manual", "sales.csv", "unknown_feed"),
        ("manual", "order_lines.pdf", "unsupported_format"),
    ],
)
def test_a_source_delivers_what_it_is_listed_for_and_nothing_else(source: str, name: str, reason: str, tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    config = ws.root / "incentives.toml"
    config.write_text(config.read_text() + '\n[sources.shopify]\nfeeds = ["customers"]\n')
    ws = type(ws).open(ws.root)
    deliver(ws, name, GOOD, source)

    outcome = only(land_inbox(ws))

    assert (outcome.outcome, outcome.reason, outcome.source) == ("set_aside", reason, source)


def test_a_bomb_is_set_aside_before_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "RATIO_FREE_BYTES", 1 << 20)
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv.gz", gzip.compress(GOOD.encode() + b"," * (8 << 20)))

    assert only(land_inbox(ws)).reason == "archive_too_large"


def test_a_reader_that_fails_keeps_no_other_file_from_landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise KeyError("secret value")

    monkeypatch.setattr(json_table, "JsonTable", fail)
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines-1.jsonl", b"{}")
    deliver(ws, "order_lines-2.csv", GOOD)

    first, second = land_inbox(ws).files

    assert (first.outcome, first.reason, second.outcome) == ("deferred", "reader_failed", "loaded")
    assert "secret" not in str(first)


def test_a_link_in_the_inbox_is_not_followed(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    secret = tmp_path / "secret.csv"
    secret.write_text(GOOD)
    (ws.inbox / "manual" / "order_lines.csv").symlink_to(secret)

    report = land_inbox(ws)

    assert (only(report).outcome, only(report).reason, report.load_id) == ("deferred", "not_a_regular_file", None)


def test_a_pipe_in_the_inbox_does_not_stop_the_landing(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    os.mkfifo(ws.inbox / "manual" / "order_lines.csv")
    deliver(ws, "targets.csv", b"")

    assert [file.reason for file in land_inbox(ws).files] == ["not_a_regular_file", "zero_bytes"]


def test_a_transfer_that_is_not_finished_waits(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)
    deliver(ws, "order_lines.csv.part", GOOD)
    deliver(ws, ".order_lines.csv", GOOD)

    assert land_inbox(ws).files == ()


def test_a_path_that_is_not_there_is_an_error_of_the_call(tmp_path: Path) -> None:
    ws = new_workspace(tmp_path)

    with pytest.raises(InputError, match="no such file"):
        land(ws, [tmp_path / "nothing.csv"], now=NOW)
