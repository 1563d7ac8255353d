"""Rewriting delivered values into our words, as a source's mapping says.

A value that does not follow the rule is never let through as it is, since it may well be a value of ours with another
meaning (`1.234` under a decimal comma). It becomes a sentence that no typed column can read, so that its row is
quarantined under its own key and the value can be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from incentives.feeds.reading import Reading, Rewriter

# Date formats by name; the groups give year, month and day.
_YEAR, _MONTH, _DAY = "(?P<y>[0-9]{4})", "(?P<m>[0-9]{1,2})", "(?P<d>[0-9]{1,2})"
DATE_FORMATS = {
    "YYYY-MM-DD": f"{_YEAR}-{_MONTH}-{_DAY}",
    "YYYY/MM/DD": f"{_YEAR}/{_MONTH}/{_DAY}",
    "YYYY.MM.DD": f"{_YEAR}[.]{_MONTH}[.]{_DAY}",
    "YYYYMMDD": "(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})",
    "DD.MM.YYYY": f"{_DAY}[.]{_MONTH}[.]{_YEAR}",
    "DD/MM/YYYY": f"{_DAY}/{_MONTH}/{_YEAR}",
    "DD-MM-YYYY": f"{_DAY}-{_MONTH}-{_YEAR}",
    "MM/DD/YYYY": f"{_MONTH}/{_DAY}/{_YEAR}",
}
GROUPINGS = {"none": "", "point": ".", "comma": ",", "space": " \u00a0\u202f", "apostrophe": "'\u2019"}
_TIME = r"(?:[T ](?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?)[ ]?(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)"


def in_our_words(batch: pa.RecordBatch, reading: Reading) -> pa.RecordBatch:
    """Return a batch with the constants added and the values rewritten; each distinct value is looked at once."""
    if not reading.constants and not reading.rewriters:
        return batch
    arrays = {
        name: _rewritten(column, reading.rewriters[name]) if name in reading.rewriters else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    for name, value in reading.constants.items():
        arrays[name] = pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
    return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))


def number_rewriter(decimal: str, grouping: str) -> Rewriter:
    """Return what turns a source's decimal into a plain one.

    Args:
        decimal: `comma` or `point`.
        grouping: One of GROUPINGS; groups of three digits before the decimal mark, all of them or none.

    >>> rewrite = number_rewriter("comma", "point")
    >>> rewrite("-1.234,50"), rewrite("12,5"), rewrite("1234,5")
    ('-1234.50', '12.5', '1234.5')
    >>> rewrite("1.23")
    'not read with decimal comma, grouping point: 1.23'
    """
    mark = "," if decimal == "comma" else "."
    marks = GROUPINGS[grouping]
    grouped = f"[0-9]{{1,3}}(?P<mark>[{re.escape(marks)}])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*|" if marks else ""
    pattern = re.compile(f"(?P<sign>[+-]?)(?P<whole>{grouped}[0-9]+)(?:[{mark}](?P<part>[0-9]+))?")
    said = f"decimal {decimal}" + (f", grouping {grouping}" if marks else "")

    def rewrite(value: str) -> str:
        found = pattern.fullmatch(value.strip())
        if found is None:
            return f"not read with {said}: {value}"
        whole = re.sub("[^0-9]", "", found["whole"])
        return found["sign"] + whole + (f".{found['part']}" if found["part"] is not None else "")

    return rewrite


def date_rewriter(date_format: str) -> Rewriter:
    """Return what turns a source's day into one of ISO 8601.

    >>> date_rewriter("DD.MM.YYYY")("3.2.2026"), date_rewriter("MM/DD/YYYY")("2026-02-03")
    ('2026-02-03', 'not read as MM/DD/YYYY: 2026-02-03')
    """
    pattern = re.compile(DATE_FORMATS[date_format])

    def rewrite(value: str) -> str:
        found = pattern.fullmatch(value.strip())
        return f"not read as {date_format}: {value}" if found is None else _day(found)

    return rewrite


def moment_rewriter(date_format: str | None, zone: ZoneInfo | None) -> Rewriter:
    """Return what turns a source's timestamp into one of ISO 8601, with the zone's offset where it has none.

    A time that the zone's clock shows twice is the earlier one; one that it skips is not read.

    >>> rewrite = moment_rewriter("DD.MM.YYYY", ZoneInfo("Europe/Paris"))
    >>> rewrite("3.2.2026 9:05"), rewrite("03.02.2026 09:05:00 +00:00")
    ('2026-02-03T09:05:00+01:00', '2026-02-03T09:05:00+00:00')
    >>> rewrite("29.03.2026 02:30")
    'skipped by the clock of Europe/Paris: 29.03.2026 02:30'
    """
    shown = date_format or "YYYY-MM-DD"
    pattern = re.compile(DATE_FORMATS[shown] + _TIME)

    def rewrite(value: str) -> str:
        found = pattern.fullmatch(value.strip())
        if found is None:
            return f"not read as {shown} with a time: {value}" if date_format else value
        clock = found["time"]
        hour, _, rest = clock.partition(":")
        local = f"{_day(found)}T{hour:0>2}:{rest}" + ("" if rest.count(":") else ":00")
        if found["offset"] is not None:
            return local + found["offset"]
        return local if zone is None else _with_offset(local, zone, value)

    return rewrite


def word_rewriter(words: Mapping[str, str]) -> Rewriter:
    """Return what turns a source's word into ours; compared trimmed and in any case, a word not listed stays."""
    folded = {theirs.strip().casefold(): ours for theirs, ours in words.items()}
    return lambda value: folded.get(value.strip().casefold(), value)


def chained(rewriters: list[Rewriter]) -> Rewriter:
    """Return what applies rewriters one after the other."""
    if len(rewriters) == 1:
        return rewriters[0]

    def rewrite(value: str) -> str:
        for step in rewriters:
            value = step(value)
        return value

    return rewrite


def _day(found: re.Match[str]) -> str:
    return f"{found['y']}-{found['m']:0>2}-{found['d']:0>2}"


def _with_offset(local: str, zone: ZoneInfo, value: str) -> str:
    seconds, point, fraction = local.partition(".")
    try:
        moment = datetime.strptime(seconds, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return local
    offset = moment.utcoffset() or timedelta()
    utc = (moment - offset).replace(tzinfo=None)
    if (utc.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)).replace(tzinfo=None) != moment.replace(tzinfo=None):
        return f"skipped by the clock of {zone.key}: {value}"
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{seconds}{point}{fraction}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _rewritten(column: pa.Array, rewrite: Callable[[str], str]) -> pa.Array:
    coded = column.dictionary_encode()
    values = [rewrite(value) if value is not None else None for value in coded.dictionary.to_pylist()]
    return pa.array(values, pa.string()).take(coded.indices)
