"""What a period would pay by a warehouse that is not the published one; nothing reaches the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from incentives.bonus.pay_group import PayGroup
from incentives.periods import Period
from incentives.plans.load import PlanText, read_plans
from incentives.services.bonus import pay_group_of, read_inputs
from incentives.services.plans import published_registry
from incentives.workspace import Workspace


@dataclass(frozen=True, slots=True, order=True)
class Payee:
    """Who is paid under which plan; `component` is empty for the whole statement."""

    pay_group: str
    associate_id: str
    plan: str
    component: str
    currency: str


Payouts = Mapping[Payee, int]


@dataclass(frozen=True, slots=True)
class Payer:
    """The plans of a workspace and the pay groups whose calendar has a period."""

    plans: tuple[PlanText, ...]
    groups: tuple[PayGroup, ...]
    period: Period

    @classmethod
    def of(cls, ws: Workspace, connection: duckdb.DuckDBPyConnection, period: Period) -> Payer:
        """Read the workspace's plans against the measures of its warehouse.

        Raises:
            DocumentError: A plan has mistakes.
        """
        plans = tuple(read_plans(ws.plans, published_registry(connection))) if ws.plans.is_dir() else ()
        groups = [pay_group_of(ws, name) for name, group in ws.config.pay_groups.items() if group.calendar == period.calendar]
        return cls(plans, tuple(groups), period)

    def payouts(self, connection: duckdb.DuckDBPyConnection) -> Payouts:
        """Return what each statement and each of its components pays by a warehouse, minor units."""
        from incentives.bonus.calculate import calculate

        if not self.plans or not self.groups:
            return {}
        plans = [text.plan for text in self.plans]
        inputs = read_inputs(connection, plans, self.period)
        paid: dict[Payee, int] = {}
        for group in self.groups:
            for statement in calculate(plans, inputs, self.period, group).statements:
                of = (group.name, statement.associate_id, statement.plan)
                paid[Payee(*of, "", statement.currency)] = statement.worth_minor
                for part in statement.components:
                    paid[Payee(*of, part.component, statement.currency)] = part.amount_minor
        return paid


def worth(payouts: Payouts) -> list[tuple[str, str, int]]:
    """Return (person, currency, minor units) of each statement."""
    return [(payee.associate_id, payee.currency, minor) for payee, minor in payouts.items() if not payee.component]
