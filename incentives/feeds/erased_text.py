"""Finding forgotten people in text that has no columns, without a clear value of theirs.

The erasure log holds tokens, so everything in the text that could be an identifier or a name is turned into tokens
and looked up. A short id may stand in a text for something else; the text is then erased too, since it is no
record of anything that is paid.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from incentives.feeds.columns import Personal
from incentives.feeds.erasure_log import Erased
from incentives.feeds.tokens import Tokenizer

ERASED_TEXT = "[erased]"
NAME = "name"
_FIELDS = re.compile(r"[,;|\t\r\n\"<>{}\[\]]+")
_WORDS = re.compile(r"[^\s:=()]+")
_EMAILS = re.compile(r"[^\s,;|\"'<>()\[\]{}:=]+@[^\s,;|\"'<>()\[\]{}:=]+")
_PHONES = re.compile(r"(?:\+|00)[0-9][0-9 ().\-/\u2010-\u2015]{5,24}")
_WORDS_MAX = 5
_OTHER_KINDS = ("customer_id", "loyalty_id", "social_handle", "account_id")
_LINE_MAX = 2_000_000
_TEXT_MAX = 4_000_000_000


class UnsearchableError(Exception):
    """A file whose text cannot be read to its end."""


def name_token(tokenizer: Tokenizer, name: str) -> str | None:
    """Return the token by which a name is found in text: case and spaces do not matter."""
    return tokenizer.token(NAME, " ".join(name.split()).casefold())


@dataclass(slots=True)
class TextSearch:
    """Says whether a text names somebody who was forgotten."""

    erased: Erased
    tokenizer: Tokenizer = field(repr=False)
    _others: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._others = self.erased.identifiers | {token for _, token in self.erased.records}

    def holds(self, text: str, *, shortest: int = 1) -> bool:
        """Whether a text names somebody; ids and names shorter than `shortest` are not looked for."""
        if not self.erased:
            return False
        emails = self.tokenizer.tokens(Personal.EMAIL, [email.rstrip(".") for email in _EMAILS.findall(text)])
        if not self._others.isdisjoint(token for token in emails if token):
            return True
        if not self._others.isdisjoint(self._phones(text)):
            return True
        phrases = [phrase for phrase in _phrases(text) if len(phrase) >= shortest]
        for kind in _OTHER_KINDS:
            if not self._others.isdisjoint(token for token in self.tokenizer.tokens(kind, phrases) if token):
                return True
        names = self.tokenizer.tokens(NAME, [phrase.casefold() for phrase in phrases])
        return not self.erased.names.isdisjoint(token for token in names if token)

    def without(self, text: str) -> str:
        """Return the text, or what stands in its place where it names somebody."""
        return ERASED_TEXT if self.holds(text) else text

    def file_holds(self, path: Path) -> bool:
        """Whether a file names somebody; one that cannot be read to its end counts as if it did."""
        try:
            with path.open("rb") as handle:
                return any(self.holds(line) for line in _lines(handle))
        except UnsearchableError:
            return True

    def _phones(self, text: str) -> Iterator[str]:
        """Yield tokens of what looks like a phone, and of its beginnings: a number may run into the next."""
        for found in _PHONES.findall(text):
            ends = [end for end in range(8, len(found) + 1) if found[end - 1].isdigit()]
            for token in self.tokenizer.tokens(Personal.PHONE, [found[:end] for end in ends]):
                if token:
                    yield token


def _phrases(text: str) -> list[str]:
    """Return every run of up to five words within a field, and every field."""
    phrases: dict[str, None] = {}
    for part in _FIELDS.split(text):
        words = _WORDS.findall(part)
        phrases[part.strip()] = None
        for first in range(len(words)):
            for last in range(first + 1, min(first + _WORDS_MAX, len(words)) + 1):
                phrase = " ".join(words[first:last])
                phrases[phrase] = None
                phrases[phrase.strip("'.!?")] = None
    phrases.pop("", None)
    return list(phrases)


def _lines(handle: BinaryIO) -> Iterator[str]:
    """Yield the lines of a file, unpacked where it is packed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    start = handle.read(8)
    handle.seek(0)
    try:
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(handle) as unpacked:
                yield from _decoded(unpacked)  # type: ignore[arg-type]
        elif start.startswith(b"\x28\xb5\x2f\xfd"):
            with closing(pa.CompressedInputStream(pa.PythonFile(handle), "zstd")) as stream:
                yield from _decoded(io.BufferedReader(stream))
        elif start.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(handle) as archive:
                for member in archive.infolist():
                    with archive.open(member) as unpacked:
                        yield from _decoded(unpacked)  # type: ignore[arg-type]
        elif start.startswith(b"PAR1"):
            for batch in pq.ParquetFile(handle).iter_batches():
                for row in batch.to_pylist():
                    yield "\t".join(str(value) for value in row.values() if value is not None)
        else:
            yield from _decoded(handle)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, pa.ArrowException) as error:
        raise UnsearchableError from error


def _decoded(handle: BinaryIO) -> Iterator[str]:
    size = 0
    first = handle.readline(_LINE_MAX)
    wide = first.startswith((b"\xff\xfe", b"\xfe\xff"))
    if wide:
        yield (first + handle.read(_LINE_MAX * 100)).decode("utf-16", "replace")
        return
    line = first
    while line:
        size += len(line)
        if len(line) >= _LINE_MAX or size > _TEXT_MAX:
            raise UnsearchableError
        yield line.decode("utf-8", "replace").replace("\0", "")
        line = handle.readline(_LINE_MAX)
