"""Rows of measures and credits, prepared once and read by every component that names them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from incentives.bonus.columns import codes_in, days, integers, present, texts
from incentives.bonus.day_rules import DayRules
from incentives.bonus.exact import Ints, multiply
from incentives.bonus.inputs import BonusInputs
from incentives.bonus.measures import ADDS_UP, MeasureRows
from incentives.bonus.plan_rates import PlanRates
from incentives.bonus.spans import Assignments
from incentives.bonus.targets import TargetRows
from incentives.plans.model import Filter, Proration
from incentives.plans.registry import ASSOCIATE, LOCATION, TEAM, Measure, Registry

UNITS, REVENUE_PREFIX = "credited_units", "credited_revenue"
SHARE_ONE = 10**12
MILLI = 1000


class Sources:
    """Frozen inputs, coded against one pay group's people, teams and locations."""

    def __init__(self, inputs: BonusInputs, assignments: Assignments) -> None:
        self.inputs = inputs
        self.assignments = assignments
        self._rows: dict[tuple[str, str, bool, str | None], MeasureRows] = {}
        self._targets: dict[tuple[str, str], TargetRows] = {}
        self._rules: dict[tuple[str, str], DayRules] = {}

    @cached_property
    def registry(self) -> Registry:
        """The registry that the snapshot carries."""
        frame = self.inputs.registry
        columns = [texts(frame[name]) for name in ("measure", "unit", "additivity", "sign")]
        counts, payable = integers(frame["minimum_count"]), frame["payable"].fillna(False).to_numpy(dtype=np.bool_)
        measures = {}
        for number, (name, unit, additivity, sign) in enumerate(zip(*columns, strict=True)):
            if name is not None:
                measures[name] = Measure(
                    name, unit or "", additivity or "", sign or "", int(counts[number]), bool(payable[number])
                )
        return Registry(measures)

    def measure(self, name: str) -> Measure:
        """Return a measure's entry; plans were checked against the registry before."""
        found = self.registry.get(name)
        assert found is not None, name
        return found

    def subjects(self, subject: str) -> pd.Index:
        """Return the ids that codes of a kind of subject refer to."""
        return {TEAM: self.assignments.teams, LOCATION: self.assignments.locations}.get(subject, self.assignments.people)

    @cached_property
    def plan_rates(self) -> PlanRates:
        """The yearly rates."""
        return PlanRates(self.inputs.plan_rates)

    def day_rules(self, proration: Proration) -> DayRules:
        """Return which days count in a proration, and who was absent on them."""
        key = (proration.by, proration.leave)
        if key not in self._rules:
            self._rules[key] = DayRules.of(self.inputs, self.assignments, proration)
        return self._rules[key]

    def rows(self, name: str, by_business_date: bool, rates_to: str | None = None) -> MeasureRows:
        """Return the rows of a measure whose subjects are known here; with `rates_to`, orders' money at yearly rates."""
        key = (name, "", by_business_date, rates_to)
        if key not in self._rows:
            self._rows[key] = self._measure_rows(self.measure(name), by_business_date, rates_to)
        return self._rows[key]

    def is_converted(self, name: str) -> bool:
        """Whether money of a measure stands in a pay currency, every order's converted."""
        frame = self.inputs.measures
        return bool(((frame["measure"] == name) & frame["is_converted"].fillna(False)).fillna(False).any())

    def lines(self, name: str, wanted: Filter | None, by_business_date: bool, rates_to: str | None = None) -> MeasureRows:
        """Return credited lines as rows of a measure; `unit_key` is the order line that a sale and its returns share."""
        key = (name, repr(wanted), by_business_date, rates_to)
        if key not in self._rows:
            self._rows[key] = self._line_rows(name, wanted, by_business_date, "root_line_key", rates_to)
        return self._rows[key]

    def orders(self, name: str, wanted: Filter | None, by_business_date: bool, rates_to: str | None = None) -> MeasureRows:
        """Return credited lines with the order as `unit_key`."""
        key = (f"{name}/orders", repr(wanted), by_business_date, rates_to)
        if key not in self._rows:
            self._rows[key] = self._line_rows(name, wanted, by_business_date, "order_key", rates_to)
        return self._rows[key]

    def targets(self, measure: str, subject: str, is_money: bool) -> TargetRows:
        """Return the delivered targets of a measure (or of `on_target`)."""
        key = (measure, subject)
        if key not in self._targets:
            self._targets[key] = TargetRows.of(
                self.inputs, subject, self.subjects(subject), measure, self.assignments.currencies, is_money
            )
        return self._targets[key]

    def _measure_rows(self, measure: Measure, by_business_date: bool, rates_to: str | None) -> MeasureRows:
        frame = self.inputs.measures if rates_to is None else self.inputs.ordered_measures
        wanted = (frame["measure"] == measure.name) & (frame["subject_type"] == measure.subject)
        frame = frame[wanted.fillna(False).to_numpy(dtype=np.bool_)]
        subject = codes_in(frame["subject_id"], self.subjects(measure.subject))
        earned = days(frame["earned_date"], 0)
        keys, _ = pd.factorize(frame["unit_key"].astype(object), use_na_sentinel=True)
        rows = MeasureRows(
            subject=subject,
            earned=earned,
            day=days(frame["business_date"], 0) if by_business_date else earned,
            currency=self._currency(frame["currency"]),
            numerator=integers(frame["numerator"]),
            denominator=integers(frame["denominator"]),
            unit_key=np.asarray(keys, dtype=np.int64),
            additivity=measure.additivity,
            minimum_count=measure.minimum_count,
        )
        return self._at_rates(rows, subject >= 0, frame["currency"], rates_to)

    def _at_rates(
        self, rows: MeasureRows, known: npt.NDArray[np.bool_], currencies: pd.Series, rates_to: str | None
    ) -> MeasureRows:
        """Return the known rows, of plans at yearly rates in the plan's currency."""
        rows = rows.take(known)
        if rates_to is None:
            return rows
        code = int(self.assignments.currencies.get_indexer(pd.Index([rates_to]))[0])
        return self.plan_rates.convert(rows, currencies[known], rates_to, code)

    def _currency(self, column: pd.Series) -> npt.NDArray[np.int64]:
        """Return currency codes: -1 where there is none, one past the last where nobody is paid in it."""
        known = self.assignments.currencies
        codes = codes_in(column, known)
        return np.where(present(column) & (codes < 0), len(known), codes).astype(np.int64)

    def _line_rows(
        self, name: str, wanted: Filter | None, by_business_date: bool, unit: str, rates_to: str | None
    ) -> MeasureRows:
        frame = self.inputs.credits if rates_to is None else self.inputs.ordered_credits
        if name == UNITS:
            # A line stands once in each pay currency, but its units count once.
            frame = frame.drop_duplicates(["order_line_key", "role", "associate_id"])
        mask = np.ones(len(frame), dtype=np.bool_)
        role = name.removeprefix(f"{REVENUE_PREFIX}_") if name.startswith(f"{REVENUE_PREFIX}_") else None
        if role is not None:
            mask &= (frame["role"] == role).fillna(False).to_numpy(dtype=np.bool_)
        for key, column in (("category", "category"), ("sku", "sku"), ("role", "role"), ("location", "location_id")):
            values = getattr(wanted, key) if wanted is not None else None
            if values is not None:
                mask &= frame[column].isin(values).fillna(False).to_numpy(dtype=np.bool_)
        if wanted is not None and wanted.client is not None:
            # What is known of the client, separated by |.
            said = frame["client"].fillna("").str.split("|")
            kinds = set(wanted.client)
            mask &= np.array([not kinds.isdisjoint(words) for words in said], dtype=np.bool_)
        frame = frame[mask]
        subject = codes_in(frame["associate_id"], self.assignments.people)
        earned = days(frame["earned_date"], 0)
        is_units = name == UNITS
        numerator: Ints = integers(frame["credit_minor"])
        if is_units:
            numerator = multiply(integers(frame["quantity_milli"]), integers(frame["share_e12"]))
        rows = MeasureRows(
            subject=subject,
            earned=earned,
            day=days(frame["business_date"], 0) if by_business_date else earned,
            currency=np.full(len(frame), -1, dtype=np.int64) if is_units else self._currency(frame["currency"]),
            numerator=numerator,
            denominator=np.full(len(frame), MILLI * SHARE_ONE if is_units else 0, dtype=np.int64),
            unit_key=integers(frame[unit], -1),
            additivity=ADDS_UP,
            minimum_count=0,
        )
        return self._at_rates(rows, subject >= 0, frame["currency"], rates_to)


__all__ = ["ASSOCIATE", "Sources"]
