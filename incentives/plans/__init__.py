"""Bonus plans: the language, read from YAML and checked before anything is calculated."""

from __future__ import annotations

from incentives.plans.load import PlanText, parse_plan, read_plan, read_plans
from incentives.plans.model import Plan
from incentives.plans.registry import Measure, Registry, read_registry

__all__ = ["Measure", "Plan", "PlanText", "Registry", "parse_plan", "read_plan", "read_plans", "read_registry"]
