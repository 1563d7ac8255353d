"""Columns of exact rational numbers.

A column is a numerator array over a denominator (one for the column, or one for each row). Arithmetic is in
64-bit integers as long as the operands' sizes prove that no product or sum can overflow, and in Python's
unbounded integers otherwise; the result is the same. No binary floating-point number is ever made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.object_]
Bools: TypeAlias = npt.NDArray[np.bool_]
SAFE_MAX = 2**62


class Exact:
    """A column of rationals; every denominator is positive."""

    __slots__ = ("den", "num")

    def __init__(self, num: Ints, den: int | Ints = 1) -> None:
        self.num = num
        self.den = den

    @classmethod
    def constant(cls, value: Fraction | int, size: int) -> Exact:
        """Return a column that holds one value in every row."""
        exact = Fraction(value)
        fits = abs(exact.numerator) < SAFE_MAX
        values: Ints = np.zeros(size, dtype=np.int64) if fits else np.zeros(size, dtype=np.object_)
        values.fill(exact.numerator)
        return cls(values, exact.denominator)

    @classmethod
    def of(cls, values: Sequence[Fraction]) -> Exact:
        """Return a column of the given values."""
        den = math.lcm(*[value.denominator for value in values]) if values else 1
        return cls(narrow(np.array([value.numerator * (den // value.denominator) for value in values], dtype=np.object_)), den)

    def __len__(self) -> int:
        return len(self.num)

    def at(self, row: int) -> Fraction:
        """Return one value."""
        den = self.den if isinstance(self.den, int) else int(self.den[row])
        return Fraction(int(self.num[row]), den)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.int64] | Bools) -> Exact:
        """Return the chosen rows."""
        return Exact(self.num[rows], self.den if isinstance(self.den, int) else self.den[rows])

    def __add__(self, other: Exact) -> Exact:
        left, right, den = _common(self, other)
        return Exact(add(left, right), den)

    def __sub__(self, other: Exact) -> Exact:
        left, right, den = _common(self, other)
        return Exact(add(left, right, -1), den)

    def __mul__(self, other: Exact) -> Exact:
        return Exact(multiply(self.num, other.num), multiply_den(self.den, other.den))

    def scale(self, factor: Fraction | int) -> Exact:
        """Return the column times one number."""
        exact = Fraction(factor)
        return Exact(multiply(self.num, exact.numerator), multiply_den(self.den, exact.denominator))

    def over(self, other: Exact) -> Exact:
        """Return self / other; `other` must be positive in every row (the caller masks the rest)."""
        return Exact(multiply(self.num, other.den), multiply_den(self.den, other.num)).reduced()

    def reduced(self) -> Exact:
        """Return the same values with rows in lowest terms."""
        if isinstance(self.den, int):
            return self
        divisor = np.gcd(self.num, self.den)
        return Exact(narrow(self.num // divisor), narrow(self.den // divisor))

    def at_least(self, other: Exact) -> Bools:
        """Whether self >= other, row by row."""
        left, right, _ = _common(self, other)
        return np.asarray(left >= right, dtype=np.bool_)

    def above(self, other: Exact) -> Bools:
        """Whether self > other, row by row."""
        left, right, _ = _common(self, other)
        return np.asarray(left > right, dtype=np.bool_)

    def positive(self) -> Bools:
        """Whether the value is above zero."""
        return np.asarray(self.num > 0, dtype=np.bool_)

    def negative(self) -> Bools:
        """Whether the value is below zero."""
        return np.asarray(self.num < 0, dtype=np.bool_)

    def lower_of(self, other: Exact) -> Exact:
        """Return the lesser value, row by row."""
        left, right, den = _common(self, other)
        return Exact(np.where(left <= right, left, right), den)

    def higher_of(self, other: Exact) -> Exact:
        """Return the greater value, row by row."""
        left, right, den = _common(self, other)
        return Exact(np.where(left >= right, left, right), den)

    def where(self, mask: Bools, other: Exact) -> Exact:
        """Return self where the mask holds, else other."""
        left, right, den = _common(self, other)
        return Exact(np.where(mask, left, right), den)

    def zero_unless(self, mask: Bools) -> Exact:
        """Return self where the mask holds, else zero."""
        return Exact(np.where(mask, self.num, 0), self.den)

    def rounded(self) -> Ints:
        """Return the nearest integers, ties to the even one."""
        if isinstance(self.den, int) and self.den == 1:
            return self.num
        num = self.num if bound(self.den) < SAFE_MAX else self.num.astype(np.object_)
        whole = num // self.den
        rest = multiply(add(num, multiply(whole, self.den), -1), 2)
        odd = np.asarray(whole % 2 != 0, dtype=np.bool_)
        up = np.asarray(rest > self.den, dtype=np.bool_) | (np.asarray(rest == self.den, dtype=np.bool_) & odd)
        return add(whole, up.astype(np.int64))

    def summed(self, groups: npt.NDArray[np.int64], size: int) -> Exact:
        """Return the sum of each group's rows."""
        if isinstance(self.den, int):
            return Exact(sum_groups(self.num, groups, size), self.den)
        # Denominators differ from row to row: the first rows of all groups, then the second ones, and so on.
        order = np.argsort(groups, kind="stable")
        sorted_groups = groups[order]
        begins = np.searchsorted(sorted_groups, sorted_groups, side="left")
        turn = np.arange(len(order)) - begins
        total = Exact(np.zeros(size, dtype=np.int64), np.ones(size, dtype=np.int64))
        for number in range(int(turn.max(initial=-1)) + 1):
            rows = order[turn == number]
            into = groups[rows]
            total = total.put(into, (total.take(into) + self.take(rows)).reduced())
        return total

    def put(self, rows: npt.NDArray[np.int64], values: Exact) -> Exact:
        """Return the column with other values in some rows; both have a denominator for each row."""
        assert not isinstance(self.den, int)
        assert not isinstance(values.den, int)
        return Exact(_replaced(self.num, rows, values.num), _replaced(self.den, rows, values.den))


def _replaced(column: Ints, rows: npt.NDArray[np.int64], values: Ints) -> Ints:
    wide = column.dtype == np.object_ or values.dtype == np.object_
    result: Ints = column.astype(np.object_) if wide else column.copy()
    result[rows] = values
    return result


def narrow(values: Ints) -> Ints:
    """Return wide integers as 64-bit ones where they fit."""
    if values.dtype != np.object_ or bound(values) >= SAFE_MAX:
        return values
    return values.astype(np.int64)


def bound(values: int | Ints) -> int:
    """Return the largest magnitude in a column."""
    if isinstance(values, int):
        return abs(values)
    if len(values) == 0:
        return 0
    return max(abs(int(values.max())), abs(int(values.min())))


def multiply(left: Ints, right: int | Ints) -> Ints:
    """Return left x right, wide where 64 bits might not do."""
    if isinstance(right, int) and right == 1:
        return left
    return _apply(left, right, bound(left) * bound(right), np.multiply)


def add(left: Ints, right: Ints, sign: int = 1) -> Ints:
    """Return left + right, or left - right with sign -1, wide where 64 bits might not do."""
    return _apply(left, right, bound(left) + bound(right), np.add if sign > 0 else np.subtract)


def multiply_den(left: int | Ints, right: int | Ints) -> int | Ints:
    """Return the product of two denominators."""
    if isinstance(left, int):
        return left * right if isinstance(right, int) else multiply(right, left)
    return multiply(left, right)


def sum_groups(values: Ints, groups: npt.NDArray[np.int64], size: int) -> Ints:
    """Return the sum of the values of each group 0..size-1."""
    if values.dtype != np.object_ and bound(values) * max(1, len(values)) < SAFE_MAX:
        total = np.zeros(size, dtype=np.int64)
        np.add.at(total, groups, values)
        return total
    wide = np.zeros(size, dtype=np.object_)
    np.add.at(wide, groups, values.astype(np.object_))
    return narrow(wide)


def _apply(left: Ints, right: int | Ints, largest: int, operation: np.ufunc) -> Ints:
    fits = abs(right) < SAFE_MAX if isinstance(right, int) else right.dtype != np.object_
    if largest < SAFE_MAX and fits and left.dtype != np.object_:
        result: Ints = operation(left, right)
        return result
    wide = right if isinstance(right, int) else right.astype(np.object_)
    return narrow(np.asarray(operation(left.astype(np.object_), wide), dtype=np.object_))


def _common(left: Exact, right: Exact) -> tuple[Ints, Ints, int | Ints]:
    """Return both numerators over one denominator."""
    if isinstance(left.den, int) and isinstance(right.den, int):
        den = math.lcm(left.den, right.den)
        return multiply(left.num, den // left.den), multiply(right.num, den // right.den), den
    if left.den is right.den:
        return left.num, right.num, left.den
    left_den, right_den = _column(left.den, len(left)), _column(right.den, len(right))
    shared = np.gcd(left_den, right_den)
    of_left = narrow(np.asarray(right_den // shared))
    of_right = narrow(np.asarray(left_den // shared))
    return multiply(left.num, of_left), multiply(right.num, of_right), multiply(left_den, of_left)


def _column(den: int | Ints, size: int) -> Ints:
    return Exact.constant(den, size).num if isinstance(den, int) else den
