"""Use case: key figures of a month, as the published marts hold them; also by channel, which is for reports alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import duckdb

from incentives.errors import InputError
from incentives.periods import Period
from incentives.services.measure_values import SUBJECTS
from incentives.serving import snapshots
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One measure of a subject in a month.

    Attributes:
        month: Its first day.
        subject_type: associate, team or location.
        subject_id: Of the subject.
        measure: Name of the measure.
        currency: Of money; None elsewhere.
        value: Minor units of money, else the number; None where a ratio has fewer cases than the registry asks for.
        numerator: As stored.
        denominator: As stored; None for money.
    """

    month: date
    subject_type: str
    subject_id: str
    measure: str
    currency: str | None
    value: Fraction | None
    numerator: int
    denominator: int | None


@dataclass(frozen=True, slots=True)
class ChannelFigure:
    """What a person was credited for in a channel and month; amounts in minor units."""

    month: date
    associate_id: str
    channel: str
    currency: str
    credited_minor: int
    credited_as_seller_minor: int
    orders: int


def key_figures(ws: Workspace, period: Period, subject: str | None = None) -> tuple[KeyFigure, ...]:
    """Return the key figures of a period's months, by business date.

    Args:
        ws: The workspace.
        period: Whole months.
        subject: `associate:ID`, `team:ID` or `location:ID`; None for all.

    Raises:
        InputError: The subject is not written so, or nothing is published yet.
    """
    condition, values = _subject(subject)
    with _published(ws) as connection:
        rows = connection.execute(
            "select month, subject_type, subject_id, measure, currency, numerator, denominator, is_enough from marts.kpi_months "
            f"where month >= ? and month < ?{condition} order by subject_type, subject_id, measure, currency, month",
            [period.start, period.end, *values],
        ).fetchall()
    return tuple(
        KeyFigure(
            month=month,
            subject_type=kind,
            subject_id=subject_id,
            measure=measure,
            currency=currency,
            value=Fraction(numerator, denominator or 1) if is_enough else None,
            numerator=numerator,
            denominator=denominator,
        )
        for month, kind, subject_id, measure, currency, numerator, denominator, is_enough in rows
    )


def channel_figures(ws: Workspace, period: Period, associate_id: str | None = None) -> tuple[ChannelFigure, ...]:
    """Return what people were credited for by the channel of the order line, in a period's months.

    Raises:
        InputError: Nothing is published yet.
    """
    condition = "" if associate_id is None else " and associate_id = ?"
    with _published(ws) as connection:
        rows = connection.execute(
            "select month, associate_id, channel, currency, credited_minor, credited_as_seller_minor, orders from marts.kpi_channel_months "
            f"where month >= ? and month < ?{condition} order by associate_id, channel, currency, month",
            [period.start, period.end, *([] if associate_id is None else [associate_id])],
        ).fetchall()
    return tuple(ChannelFigure(*row) for row in rows)


def _subject(subject: str | None) -> tuple[str, list[str]]:
    if subject is None:
        return "", []
    kind, colon, subject_id = subject.partition(":")
    if kind not in SUBJECTS or not colon or not subject_id:
        raise InputError(f"'{subject}' names no subject.", remedy="Write associate:ID, team:ID or location:ID.")
    return " and subject_type = ? and subject_id = ?", [kind, subject_id]


def _published(ws: Workspace) -> duckdb.DuckDBPyConnection:
    snapshot = snapshots.current(ws)
    if snapshot is None:
        raise InputError("nothing is published yet.", remedy="Run `incentives build` first.")
    return snapshot.connect()
