"""Rows in memory by the compiled kernel, a block at a time on each thread; the answers are those of the expressions.

Columns of numbers go from where they are through arithmetic to the rule, and nothing is copied on the way. A logarithm
is no such arithmetic, since its last bit differs from library to library: like features of texts and of parts of dates,
it comes as a `Part` that the expressions made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from segmentry.features.grid import steps_between
from segmentry.features.recipe import GRID, Recipe, Scale, axis_reach
from segmentry.prototypes.rule import EXACT, Rule, largest_score
from segmentry.tables import Numbers

try:
    from segmentry.scoring import _kernel
except ImportError:  # installed without a C compiler: the expressions place everybody
    _kernel = None  # type: ignore[assignment]

COMPILED = _kernel is not None  # whether the kernel is there
# As the kernel numbers them: a sum, a constant less a sum, a ratio, one between 0 and 1, and steps that are there.
_OPERATIONS = {"column": 0, "sum": 0, "years_since_year": 1, "days_since": 1, "ratio": 2}
_SHARE, _STEP = 3, 4
_ROWS = 32_768  # in a block: so long that threads do not wait for each other
_SHORT = 8_192  # pieces of fewer rows are put together
_FIRST_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Part:
    """A feature on the grid, and where it is missing: for each row, or for each value of which `places` tells a row's.

    `numbers` (axes, rows or values) are whole numbers in float64, `places` of one byte or two.
    """

    axes: slice
    numbers: np.ndarray
    missing: np.ndarray
    places: np.ndarray | None = None


@dataclass(frozen=True)
class Places:
    """Where each row belongs: `segment` is a place among the rule's segments or, behind them, no data and noise;
    `runner_up` one among the segments, or behind them for none; `confidence` is NaN where there is none."""

    segment: np.ndarray
    runner_up: np.ndarray
    confidence: np.ndarray


def fits_kernel(recipe: Recipe, rule: Rule) -> bool:
    """Whether there is a kernel, and the rule is one for it: scores must have room for the place of a segment."""
    if not COMPILED or len(rule.segments) < 2 or rule.pairs:
        return False
    return (largest_score(rule, axis_reach(recipe)) + 1) * _room(rule) < EXACT


def _room(rule: Rule) -> int:
    return 1 << (len(rule.segments) - 1).bit_length()


def is_arithmetic(scale: Scale) -> bool:
    """Whether the feature comes of columns of numbers, or of days, by addition and division alone."""
    feature = scale.feature
    plain = feature.operation in _OPERATIONS and not feature.levels and feature.bins is None
    return plain and scale.transform == "none"


def place_rows(
    recipe: Recipe, rule: Rule, numbers: Mapping[str, Numbers], parts: Sequence[Part], rows: int, threads: int = 1
) -> Places | None:
    """Places rows by `parts`, and by columns of `numbers` for all scales that are in none. The kernel must fit.

    Numbers are NaN where a cell is missing; dates are days since the first of 1970. None where one is too large to be
    used.
    """
    program = _Program(recipe, rule, numbers, parts)
    places = Places(np.empty(rows, np.uint32), np.empty(rows, np.uint32), np.empty(rows))
    blocks = program.blocks(rows)
    workers = max(1, min(threads, len(blocks)))

    def work(first: int) -> bool:
        return all(program.run(block, places) for block in blocks[first::workers])

    with ThreadPoolExecutor(workers) as pool:
        fit = list(pool.map(work, range(workers)))
    return places if all(fit) else None


class _Program:
    """What the kernel is told: how the axes come of columns, and what they and the lookups add to scores."""

    def __init__(self, recipe: Recipe, rule: Rule, numbers: Mapping[str, Numbers], parts: Sequence[Part]) -> None:
        self._columns, self._spans, self._constants = list[Numbers](), list[list[int]](), list[list[float]]()
        every = range(len(recipe.axes))
        elsewhere = {axis for part in parts for axis in every[part.axes]}
        filled = [axis for axis in range(len(recipe.scales)) if axis not in elsewhere]
        for scale in (recipe.scales[axis] for axis in filled):
            feature = scale.feature
            share = feature.operation == "ratio" and feature.unit == "share"
            columns = [numbers[name] for name in feature.sources], [numbers[name] for name in feature.over]
            self._add(_SHARE if share else _OPERATIONS[feature.operation], *columns, _constants(scale, recipe.as_of))
        for part in (part for part in parts if part.places is None):
            filled += every[part.axes]
            for axis in part.numbers:
                self._add(_STEP, [Numbers(axis)], [Numbers(part.missing)], [0.0] * 6)
        self._room = float(_room(rule))
        places = {segment: place for place, segment in enumerate(rule.segments)}
        self._owners = np.array([places[owner] for owner in rule.owners], dtype=np.int32)
        self._cutoff = float("inf") if rule.cutoff is None else float(rule.cutoff)
        weights = np.array(rule.weights, dtype=np.float64)
        offsets = np.array(rule.offsets, dtype=np.float64) * self._room + self._owners
        self._weights = np.ascontiguousarray(np.column_stack([weights[:, filled] * self._room, offsets]))
        self._lookups = [
            (_added(weights[:, part.axes] * self._room, part.numbers), part.missing, part.places)
            for part in parts
            if part.places is not None
        ]
        self._most = np.array([column.most for column in self._columns], np.float64)
        self._arrays = np.array(self._spans, np.int32).reshape(-1, 4), np.array(self._constants).reshape(-1, 6)

    def _add(self, operation: int, first: list[Numbers], second: list[Numbers], constants: list[float]) -> None:
        begin = len(self._columns)
        self._columns += [*first, *second]
        self._spans.append([operation, begin, begin + len(first), len(self._columns)])
        self._constants.append(constants)

    def blocks(self, rows: int) -> list[slice]:
        """All rows, a block after the other; where columns lie in long pieces, each within a piece."""
        ends = {end for column in self._columns for end in column.ends}
        bounds = [0, rows] if len(ends) * _SHORT > rows else sorted({0, *ends, rows})
        return [
            slice(start, min(start + _ROWS, end))
            for begin, end in pairwise(bounds)
            for start in range(begin, end, _ROWS)
        ]

    def run(self, rows: slice, places: Places) -> bool:
        """Places these rows; False where a number is too large to be used."""
        columns = [column[rows] for column in self._columns]
        lookups = [(added, missing, whose[rows]) for added, missing, whose in self._lookups]
        out = places.segment[rows], places.runner_up[rows], places.confidence[rows]
        spans, constants = self._arrays
        by = self._weights, self._owners
        return _kernel.place(
            len(out[0]), spans, constants, columns, self._most, *by, lookups, self._room, self._cutoff, *out
        )


def _constants(scale: Scale, as_of: date | None) -> list[float]:
    """What a sum is taken from, what stands in for a missing one, and how it becomes steps."""
    whole = 0.0
    if scale.feature.operation == "years_since_year" and as_of is not None:
        whole = float(as_of.year)
    if scale.feature.operation == "days_since" and as_of is not None:
        whole = float(as_of.toordinal() - _FIRST_DAY)
    # 1024 is a power of two: dividing by it first changes no bit.
    return [whole, scale.fill, scale.centre, scale.scale / GRID, *steps_between(scale)]


def _added(weights: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """What each value of a lookup adds to the score of each prototype and, last, to the squared length of a row."""
    return np.ascontiguousarray(np.column_stack([numbers.T @ weights.T, (numbers * numbers).sum(axis=0)]))
