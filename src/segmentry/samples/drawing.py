"""What the made-up shops share: customers of planted kinds, and columns drawn by kind.

A column takes its numbers from a stream of its own; which stream, and what the numbers mean, each shop says itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from segmentry.errors import SettingsError
from segmentry.samples.deviates import Deviates, Numbers, whole

BLOCK_ROWS = 100_000  # made at a time: the arrays of a block stay in the processor's cache

Groups = npt.NDArray[np.intp]
Whole = npt.NDArray[np.int64]
Make = Callable[[Deviates], pl.DataFrame]


def in_blocks(make: Make, rows: int, seed: int, start: int) -> pl.DataFrame:
    """Rows `start` to `start + rows` of the endless table that `make` makes any part of."""
    check(rows, seed, start)
    end = start + rows
    parts = [Deviates(seed, at, min(BLOCK_ROWS, end - at)) for at in range(start, end, BLOCK_ROWS)]
    return pl.concat([make(part) for part in parts])


def check(rows: int, seed: int, start: int) -> None:
    if rows < 1:
        raise SettingsError("A sample has at least 1 row.", found=str(rows), remedy="Ask for 1 row or more.")
    if not 0 <= seed < 2**64:
        raise SettingsError("A seed is a whole number from 0 up.", found=str(seed), remedy="Pass seed=0, for example.")
    if start < 0:
        raise SettingsError("A sample starts at row 0 or later.", found=str(start), remedy="Pass start=0 or more.")


def text_ids(random: Deviates, form: str, digits: int) -> pl.Series:
    """Ids such as C0000001; `form` has {} for the number."""
    numbers = pl.int_range(random.start + 1, random.start + random.rows + 1, eager=True)
    return pl.select(pl.format(form, numbers.cast(pl.String).str.zfill(digits))).to_series()


def groups_of(shares: Sequence[float], uniform: Numbers) -> Groups:
    """The kind of each row, by its place among the kinds."""
    edges = np.cumsum(shares)
    return np.searchsorted(edges[:-1], uniform, side="right")


def of(values: Sequence[float], groups: Groups) -> Numbers:
    """To each row the value of its kind."""
    picked: Numbers = np.asarray(values, dtype=np.float64)[groups]
    return picked


def around(spreads: Sequence[tuple[float, float]], groups: Groups, deviate: Numbers) -> Numbers:
    """Numbers about the mean of each kind, with its standard deviation."""
    return of([mean for mean, _ in spreads], groups) + of([sd for _, sd in spreads], groups) * deviate


def choice(chances: Sequence[tuple[float, ...]], groups: Groups, uniform: Numbers) -> Whole:
    """The place of the alternative that falls to each row, with chances that differ by group."""
    table = np.asarray(chances, dtype=np.float64)
    edges = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
    place = np.zeros(len(uniform), dtype=np.int64)
    for edge in range(table.shape[1] - 1):
        place += uniform >= edges[:, edge][groups]
    return place


def level(levels: Sequence[str], chances: Sequence[tuple[float, ...]], groups: Groups, uniform: Numbers) -> pl.Series:
    """The level that falls to each row."""
    return pl.Series(levels).gather(choice(chances, groups, uniform))


def flag(chances: Sequence[float], groups: Groups, uniform: Numbers) -> Whole:
    """1 for those whom the chance of their kind hits, else 0."""
    return (uniform < of(chances, groups)).astype(np.int64)


def count(means: Sequence[float], groups: Groups, deviate: Numbers) -> Whole:
    """Counts spread like those of chance events: a normal number beside the root of the mean, squared."""
    root = np.sqrt(of(means, groups)) + 0.4 * deviate
    return whole(np.square(np.maximum(root, 0.0)))


def folded(numbers: Numbers, low: int, high: int) -> Whole:
    """Rounded, and folded back at the ends: a pile of customers at exactly one end would be a group of its own."""
    span = high - low
    return np.clip(whole(high - np.abs(span - np.abs(numbers - low))), low, high)
