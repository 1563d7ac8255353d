"""What a plan reads of the measures: by which day, and in which orders' money."""

from __future__ import annotations

from dataclasses import dataclass

from incentives.bonus.measures import MeasureRows
from incentives.bonus.sources import Sources
from incentives.plans.model import Filter, Plan
from incentives.plans.registry import ASSOCIATE


@dataclass(frozen=True, slots=True)
class Reader:
    """Rows of measures as one plan version counts them in one currency.

    Attributes:
        by_business_date: Whether a return counts at its own date.
        forfeits: Whether what is earned after a person's last day is not counted.
        rates_to: The currency into which orders' money is turned at yearly rates; None: it stands converted at the rate of the sale.
    """

    sources: Sources
    by_business_date: bool
    forfeits: bool
    rates_to: str | None

    @classmethod
    def of(cls, sources: Sources, plan: Plan, currency: str) -> Reader:
        """Return the reader of a plan version for one currency."""
        return cls(
            sources,
            plan.returns == "return_period",
            plan.leavers.after_leaving == "forfeit",
            currency if plan.fx == "plan_rate" else None,
        )

    def rows(self, name: str) -> MeasureRows:
        """Return the rows of a measure whose subjects are known here."""
        rows = self.sources.rows(name, self.by_business_date, self._to(name))
        return self._employed(rows) if self.sources.measure(name).subject == ASSOCIATE else rows

    def lines(self, name: str, wanted: Filter | None) -> MeasureRows:
        """Return credited lines as rows of a measure; `unit_key` is the order line that a sale and its returns share."""
        return self._employed(self.sources.lines(name, wanted, self.by_business_date, self._to(name)))

    def orders(self, name: str, wanted: Filter | None) -> MeasureRows:
        """Return credited lines with the order as `unit_key`."""
        return self._employed(self.sources.orders(name, wanted, self.by_business_date, self._to(name)))

    def _employed(self, rows: MeasureRows) -> MeasureRows:
        """Return the rows that a plan counts of people who have left."""
        if not self.forfeits:
            return rows
        return rows.take(rows.earned <= self.sources.assignments.left_on[rows.subject])

    def _to(self, name: str) -> str | None:
        return self.rates_to if self.sources.measure(name).is_money else None
