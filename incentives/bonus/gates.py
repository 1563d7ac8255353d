"""Whether people have reached a measure, counted over days of their own: what a held-back part of an earlier payout waits for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd

from incentives.bonus.columns import day_number
from incentives.bonus.inputs import BonusInputs
from incentives.bonus.measures import MeasureRows, to_date
from incentives.bonus.pay_group import PayGroup
from incentives.bonus.sources import Sources
from incentives.bonus.spans import Assignments
from incentives.money import currency_digits


@dataclass(frozen=True, slots=True)
class Asked:
    """One person's measure from a day on; money in a currency."""

    associate_id: str
    measure: str
    currency: str
    since: date


def values_of(asked: Sequence[Asked], inputs: BonusInputs, group: PayGroup, until: date) -> dict[Asked, Fraction | None]:
    """Return what each question comes to, by the day it was earned, in major units of money or in units.

    Args:
        asked: The questions.
        inputs: Their `gate_measures` are read, and the assignments that tell who is known.
        group: Whose people they are.
        until: The first day that does not count.

    Returns:
        None where the measure is not known, below its minimum count, or of somebody unknown.
    """
    assignments = Assignments.of(inputs, group)
    sources = Sources(replace(inputs, measures=inputs.gate_measures), assignments)
    found: dict[Asked, Fraction | None] = dict.fromkeys(asked)
    people = {str(who): code for code, who in enumerate(assignments.people)}
    for name, currency, since in sorted({(one.measure, one.currency, one.since) for one in asked}):
        measure = sources.registry.get(name)
        if measure is None:
            continue
        code = int(assignments.currencies.get_indexer(pd.Index([currency]))[0])
        rows = _inside(sources.rows(name, by_business_date=False), since, until, code)
        counted = to_date(rows, rows.subject, np.zeros(len(rows.subject), dtype=np.int64), 1, len(people))
        scale = 10 ** currency_digits(currency) if measure.is_money else 1
        for one in asked:
            person = people.get(one.associate_id)
            if (one.measure, one.currency, one.since) == (name, currency, since) and person is not None:
                known = bool(counted.known[0][person])
                found[one] = Fraction(counted.values[0].at(person)) / scale if known else None
    return found


def _inside(rows: MeasureRows, since: date, until: date, currency: int) -> MeasureRows:
    within = (rows.day >= day_number(since)) & (rows.day < day_number(until))
    return rows.take(within & ((rows.currency == currency) | (rows.currency < 0)))
