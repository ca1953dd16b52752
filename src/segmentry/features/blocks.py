"""From numbers in memory to the grid, a block of rows at a time: the arithmetic of `grid` and `derive` in NumPy.

Additions, products and quotients of float64 in the same order are the same bits everywhere. A logarithm is not: those
features, and all that rest on texts and parts of dates, are left to the expressions. (`in_memory` knows every kind of
feature, and takes its time: it is for a few customers.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from segmentry.features.grid import steps_between
from segmentry.features.recipe import GRID, Scale
from segmentry.tables import Numbers

_ARITHMETIC = ("column", "sum", "ratio", "years_since_year", "days_since")
_FIRST_DAY = date(1970, 1, 1).toordinal()


def is_arithmetic(scale: Scale) -> bool:
    """Whether the feature comes of columns of numbers, or of days, by addition and division alone."""
    feature = scale.feature
    plain = feature.operation in _ARITHMETIC and not feature.levels and feature.bins is None
    return plain and scale.transform == "none"


class Steps:
    """From the values of scales to whole numbers on the grid, all at once: what is learned of them, a row for each."""

    def __init__(self, scales: Sequence[Scale]) -> None:
        self.centres = _upright([s.centre for s in scales])
        # 1024 is a power of two: dividing by it first changes no bit.
        self.units = _upright([s.scale / GRID for s in scales])
        ends = [steps_between(s) for s in scales]
        self.lows, self.highs = _upright([low for low, _ in ends]), _upright([high for _, high in ends])

    def take(self, values: np.ndarray) -> None:
        """Turns values (scales, rows) into steps, in place."""
        # A value may be too large for a number on its way; the grid ends long before.
        with np.errstate(over="ignore"):
            values -= self.centres
            values /= self.units
            values += 0.5
        np.floor(values, out=values)
        np.clip(values, self.lows, self.highs, out=values)


def _upright(numbers: Sequence[float]) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)[:, None]


def fill_values(
    scale: Scale, numbers: Mapping[str, Numbers], rows: slice, as_of: date | None, out: np.ndarray
) -> np.ndarray | None:
    """Writes the feature of these rows into `out`; the rows without a value, None where all have one.

    `numbers` holds the feature's columns, NaN where a cell is missing; dates are days since the first of 1970.
    """
    with np.errstate(over="ignore"):
        missing = _feature(scale, numbers, rows, as_of, out)
    if missing is not None:
        out[missing] = scale.fill
    return missing


def _feature(
    scale: Scale, numbers: Mapping[str, Numbers], rows: slice, as_of: date | None, out: np.ndarray
) -> np.ndarray | None:
    feature = scale.feature
    missing = _sum([numbers[c][rows] for c in feature.sources], out)
    if feature.operation == "years_since_year" and as_of is not None:
        np.subtract(float(as_of.year), out, out=out)
    if feature.operation == "days_since" and as_of is not None:
        np.subtract(float(as_of.toordinal() - _FIRST_DAY), out, out=out)
    if feature.operation == "ratio":
        below = np.empty_like(out)
        unknown = _sum([numbers[c][rows] for c in feature.over], below)
        none = ~(below > 0) if unknown is None else unknown | ~(below > 0)
        below[none] = 1.0
        if feature.unit == "share":
            np.clip(out, 0.0, below, out=out)
        np.divide(out, below, out=out)
        return none if missing is None else none | missing
    return missing


def _sum(parts: list[np.ndarray], out: np.ndarray) -> np.ndarray | None:
    """Parts in their order, a missing one as nothing; all missing is missing."""
    missing: np.ndarray | None = None
    for place, part in enumerate(parts):
        gone = np.isnan(part) if part.dtype.kind == "f" else None
        if gone is not None and gone.any():
            part = np.where(gone, 0.0, part)
        else:
            gone = None
        if place == 0:
            out[:] = part
            missing = gone
        else:
            np.add(out, part, out=out)
            missing = None if gone is None or missing is None else missing & gone
    return missing
