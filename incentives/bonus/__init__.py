"""What is owed: the pure calculation from measures to statements. Knows neither files, the ledger nor the clock."""

from __future__ import annotations

from incentives.bonus.calculate import calculate
from incentives.bonus.inputs import BonusInputs
from incentives.bonus.pay_group import PayGroup
from incentives.bonus.result import BonusException, BonusResult, ComponentResult, Statement, TraceStep

__all__ = ["BonusException", "BonusInputs", "BonusResult", "ComponentResult", "PayGroup", "Statement", "TraceStep", "calculate"]
