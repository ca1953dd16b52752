"""Lloyd passes over all rows as queries: assign, group, sum. Runs where the data lives; only sums come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.clusters.kmeans import in_order
from segmentry.features.grid import KNOWN, axis_columns
from segmentry.features.recipe import GRID
from segmentry.prototypes.assign import PROTOTYPE, kmeans_rule, with_prototype
from segmentry.tables import collect_rows, row_of

MOST_PASSES = 25
LEAST_GAIN = 1e-6


@dataclass(frozen=True)
class Polished:
    """Centres after polishing, customers per prototype, inertia in squared standard deviations, how it ended."""

    centres: np.ndarray
    sizes: tuple[int, ...]
    inertia: float
    passes: int
    ended: str


def on_axes(frame: nw.LazyFrame[Any], axes: Sequence[str]) -> nw.LazyFrame[Any]:
    """The grid's columns as small whole numbers, KNOWN, and the number of the row where there is one."""
    return frame.select(*(nw.col(axis).cast(nw.Int16) for axis in axis_columns(axes)), KNOWN, *row_of(frame, nw.UInt32))


def polish(frame: nw.LazyFrame[Any], axes: Sequence[str], centres: np.ndarray) -> Polished:
    """Moves the centres to the means of their customers until it pays no more.

    It ends when nothing moves, when a pass gains less than a millionth of the inertia, or after 25 passes.
    The frame holds the grid's columns of the customers that are known.
    """
    current, before = in_order(centres), None
    for number in range(1, MOST_PASSES + 1):
        counts, sums, squares = _pass(frame, axes, current)
        inertia = _inertia(current, counts, sums, squares)
        moved = np.where(counts[:, None] > 0, np.floor(sums / np.maximum(counts, 1)[:, None] + 0.5), current)
        ended = _why_end(number, bool((moved == current).all()), before, inertia)
        if ended:
            return Polished(current, tuple(int(n) for n in counts), inertia / GRID**2, number, ended)
        current, before = in_order(moved), inertia
    raise AssertionError("the last pass always ends")


def _why_end(number: int, still: bool, before: int | None, inertia: int) -> str:
    if still:
        return "nothing moved any more"
    if before is not None and before - inertia < LEAST_GAIN * before:
        return "a pass gained less than a millionth of the inertia"
    return "the most passes were made" if number == MOST_PASSES else ""


def _pass(
    frame: nw.LazyFrame[Any], axes: Sequence[str], centres: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rule = kmeans_rule(axes, centres, [""] * len(centres))
    names = axis_columns(axes)
    placed = with_prototype(frame.select(*(nw.col(name).cast(nw.Float64) for name in names)), rule)
    squared = [(nw.col(name) * nw.col(name)).alias("square::" + name) for name in names]
    grouped = (
        placed.with_columns(*squared)
        .group_by(PROTOTYPE)
        .agg(nw.len().alias("n"), *(nw.col(c).sum() for c in [*names, *("square::" + n for n in names)]))
    )
    counts = np.zeros(len(centres))
    sums = np.zeros((len(centres), len(names)))
    squares = np.zeros((len(centres), len(names)))
    for row in collect_rows(grouped):
        place = int(row[PROTOTYPE])
        counts[place] = row["n"]
        sums[place] = [row[n] for n in names]
        squares[place] = [row["square::" + n] for n in names]
    return counts, sums, squares


def _inertia(centres: np.ndarray, counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> int:
    """Whole numbers throughout: sum of squares - 2 c . sum + n c^2, added per prototype and feature."""
    total = 0
    for place, count in enumerate(counts):
        for axis, centre in enumerate(centres[place]):
            c = int(centre)
            total += int(squares[place, axis]) - 2 * c * int(sums[place, axis]) + int(count) * c * c
    return total
