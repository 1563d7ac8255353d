"""Division of a team's pool among those on the team, and places in a ranking."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import groupby

import numpy as np
import numpy.typing as npt

from incentives.bonus.exact import Exact
from incentives.money import allocate


def divide(
    pools: npt.NDArray[np.int64] | npt.NDArray[np.object_], teams: npt.NDArray[np.int64], weights: list[Fraction]
) -> tuple[list[int], set[int]]:
    """Divide each team's pool by largest remainder among its parts.

    Args:
        pools: Whole minor units of each team.
        teams: Each part's team.
        weights: Each part's weight, not negative; parts are in the order that breaks ties.

    Returns:
        Each part's share, and the teams that have a pool and nobody with a weight.
    """
    members: dict[int, list[int]] = {}
    for part, team in enumerate(teams.tolist()):
        if team < 0:
            continue
        members.setdefault(team, []).append(part)
    shares = [0] * len(weights)
    nobody: set[int] = set()
    for team, parts in members.items():
        pool = int(pools[team])
        own = [weights[part] for part in parts]
        common = math.lcm(*[weight.denominator for weight in own])
        whole = [weight.numerator * (common // weight.denominator) for weight in own]
        if pool and not sum(whole):
            nobody.add(team)
        elif pool:
            for part, share in zip(parts, allocate(pool, whole), strict=True):
                shares[part] = share
    return shares, nobody


def sums(teams: npt.NDArray[np.int64], weights: list[Fraction]) -> dict[int, Fraction]:
    """Return the sum of each team's weights."""
    together: dict[int, Fraction] = {}
    for team, weight in zip(teams.tolist(), weights, strict=False):
        together[team] = together.get(team, Fraction(0)) + weight
    return together


def places(measure: Exact, groups: npt.NDArray[np.int64], ranked: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and last place that each row occupies among the ranked rows of its group; (0, 0) if not ranked.

    Place 1 is the largest; equal measures occupy their places together.
    """
    result = [(0, 0)] * len(groups)
    rows = [(int(groups[row]), -measure.at(int(row)), int(row)) for row in np.flatnonzero(ranked)]
    rows.sort()
    for _, members in groupby(rows, key=lambda row: row[0]):
        taken = 0
        for _, tied in groupby(members, key=lambda row: row[1]):
            together = [row for _, _, row in tied]
            for row in together:
                result[row] = (taken + 1, taken + len(together))
            taken += len(together)
    return result


def place_value(first: int, last: int, starts: list[int], values: list[Fraction]) -> Fraction:
    """Return what a row in places first..last gets: the mean of the table's values at those places.

    >>> place_value(1, 2, [1, 2, 3], [Fraction(500), Fraction(300), Fraction(0)])
    Fraction(400, 1)
    """
    if first == 0:
        return Fraction(0)
    total = Fraction(0)
    for number, start in enumerate(starts):
        end = starts[number + 1] - 1 if number + 1 < len(starts) else last
        shared = min(last, end) - max(first, start) + 1
        if shared > 0:
            total += values[number] * shared
    return total / (last - first + 1)
