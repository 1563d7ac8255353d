"""Reproducible randomness: one stream per block, and draws that are a function of an entity's number.

A customer's attributes are computed from the customer's number wherever they are needed, so that a
retailer of any size needs no table of customers in memory. Only `random`, `integers` and integer hashing are
used: their output does not depend on the platform.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def stream(seed: int, *place: int) -> np.random.Generator:
    """Return the random stream of one place of the sample, independent of every other place's."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=place))


def draw(numbers: Ints, seed: int, salt: int) -> Shares:
    """Return one number in [0, 1) for each entity number; equal for equal number, seed and salt.

    Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014), of which the upper 53 bits are used.
    """
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) + _GOLDEN * np.uint64(seed * 1_000_003 + salt * 7919 + 1)
        z = (z ^ (z >> np.uint64(30))) * _MIX_1
        z = (z ^ (z >> np.uint64(27))) * _MIX_2
        z ^= z >> np.uint64(31)
    shares: Shares = (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)
    return shares


def pick(shares: Shares, weights: Shares) -> Ints:
    """Return for each share in [0, 1) the index into `weights` that it falls on."""
    bounds = np.cumsum(weights)
    index = np.searchsorted(bounds / bounds[-1], shares, side="right")
    held: Ints = np.minimum(index, len(weights) - 1).astype(np.int64)
    return held


def split_evenly(total: int, weights: Shares) -> Ints:
    """Divide a count among blocks by largest remainder; the parts sum to `total`."""
    exact = total * weights / weights.sum()
    parts: Ints = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - parts), kind="stable")
    parts[order[: total - int(parts.sum())]] += 1
    return parts
