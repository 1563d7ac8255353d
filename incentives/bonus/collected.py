"""What was collected for a component, before its curve is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incentives.bonus.curves import CurveInputs
from incentives.bonus.exact import Bools


@dataclass(frozen=True, slots=True)
class Collected:
    """Inputs of the curve for each period of the window, and what is wrong with the targets, part by part."""

    inputs: list[CurveInputs]
    elements: npt.NDArray[np.int64] | None
    missing_target: Bools
    zero_target: Bools
    other_currency: Bools


@dataclass(slots=True)
class TargetState:
    """Which parts lack a target, have one of zero, or one in another currency."""

    missing: Bools
    zero: Bools
    other: Bools

    @classmethod
    def none(cls, size: int) -> TargetState:
        """Return a state in which nothing is wrong."""
        return cls(np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_))
