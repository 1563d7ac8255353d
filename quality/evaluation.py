"""Evaluates declared checks on pandas frames with Great Expectations; values of cells never leave this module.

The context is ephemeral and its analytics are off before the import. An expectation that raises fails its check.
Whole-number frames only: the caller's columns of amounts are int64 without gaps, which `evaluate` verifies, because
the library leaves missing values out of what it judges.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incentives.errors import InputError
from quality.checks import Check
from quality.outcomes import CheckOutcome

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.datasource.fluent.pandas_datasource import PandasDatasource

SUBJECTS_MAX = 5
ANALYTICS_VARIABLE = "GX_ANALYTICS_ENABLED"


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the library said of one check, without values: rows judged, rows that break it, their positions."""

    passed: bool
    raised: bool
    judged: int
    breaking: int
    positions: tuple[int, ...]


def evaluate(suite: str, checks: Sequence[Check], frames: Mapping[str, pd.DataFrame]) -> tuple[CheckOutcome, ...]:
    """Return the outcome of each check, in order.

    Args:
        suite: Name of the suite.
        checks: What has to hold.
        frames: Frame by name; each grain and column as the suite's module states.

    Raises:
        InputError: A frame or one of its columns is missing, or a column of whole numbers has gaps.
    """
    for check in checks:
        _require(check, frames)
    findings: dict[str, _Finding] = {}
    source = _quiet_context().data_sources.add_pandas(suite)
    for name in dict.fromkeys(check.frame for check in checks):
        findings |= _findings(source, suite, [check for check in checks if check.frame == name], frames[name])
    return tuple(_outcome(suite, check, findings[check.name], frames[check.frame]) for check in checks)


def _require(check: Check, frames: Mapping[str, pd.DataFrame]) -> None:
    frame = frames.get(check.frame)
    if frame is None:
        raise InputError(f"the frame '{check.frame}' is missing.", where=check.name)
    named = [str(value) for key, value in check.arguments.items() if key in ("column", "column_A", "column_B")]
    lists = check.arguments.get("column_list", [])
    wanted = [*named, *(lists if isinstance(lists, list) else []), *check.subjects]
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise InputError(f"the frame '{check.frame}' has no column {', '.join(missing)}.", where=check.name)
    for column in named:
        if str(frame[column].dtype) != "int64":
            raise InputError(
                f"column '{column}' of '{check.frame}' holds {frame[column].dtype}, not whole numbers without gaps.",
                where=check.name,
            )


def _quiet_context() -> EphemeralDataContext:
    """Return a context that keeps nothing, reports nothing and prints no progress."""
    os.environ[ANALYTICS_VARIABLE] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    for name in ("great_expectations", "great_expectations.data_context.types.base"):  # the second sets its own level
        logging.getLogger(name).setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _findings(source: PandasDatasource, suite: str, checks: Sequence[Check], frame: pd.DataFrame) -> dict[str, _Finding]:
    import great_expectations as gx
    import great_expectations.expectations as gxe

    asset = source.add_dataframe_asset(checks[0].frame)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame.reset_index(drop=True)})
    expectations = [getattr(gxe, check.expectation)(**check.arguments, meta={"check": check.name}) for check in checks]
    result_format = {"result_format": "COMPLETE", "partial_unexpected_count": 0, "include_unexpected_rows": False}
    validated = batch.validate(gx.ExpectationSuite(name=suite, expectations=expectations), result_format=result_format)
    found = {}
    for result in validated.results:
        details = result.result
        positions = tuple(sorted(int(position) for position in details.get("unexpected_index_list") or ()))
        config = result.expectation_config
        assert config is not None
        found[str(config.meta["check"])] = _Finding(
            passed=bool(result.success),
            raised=_raised(result.exception_info),
            judged=int(details.get("element_count", details.get("observed_value", 0))),
            breaking=int(details.get("unexpected_count", 0)),
            positions=positions,
        )
    return found


def _raised(info: Mapping[str, object]) -> bool:
    """Whether an expectation raised; its message may hold values and is not looked at."""
    entries = [info, *(entry for entry in info.values() if isinstance(entry, dict))]
    return any(entry.get("raised_exception") for entry in entries)


def _outcome(suite: str, check: Check, finding: _Finding, frame: pd.DataFrame) -> CheckOutcome:
    if finding.raised:
        observed = "the check could not be evaluated"
        sentence = f"{check.name} could not be evaluated, so it does not count as holding."
        return CheckOutcome(check.name, suite, False, check.blocking, observed, check.expected, sentence)
    if check.expectation == "ExpectTableRowCountToBeBetween":
        observed = f"{finding.judged} {check.rows}"
    else:
        observed = f"{finding.breaking} of {finding.judged} {check.rows} break it"
    if finding.passed:
        sentence = f"Holds for {finding.judged} {check.rows}."
        return CheckOutcome(check.name, suite, True, check.blocking, observed, check.expected, sentence)
    chosen = frame.iloc[list(finding.positions[:SUBJECTS_MAX])] if check.subjects else frame.iloc[:0]
    rows = zip(*(chosen[column] for column in check.subjects), strict=True) if check.subjects else ()
    subjects = tuple(dict.fromkeys(" ".join(str(cell) for cell in row) for row in rows))
    sentence = f"Expected {check.expected}; found {observed}. {check.remedy}"
    return CheckOutcome(check.name, suite, False, check.blocking, observed, check.expected, sentence, subjects)
