"""How each feature was spread over the customers at the fit, so that later ones can be compared with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segmentry.features.outlying import order_statistic
from segmentry.features.recipe import Recipe
from segmentry.tables.masking import FEWEST_TOLD

MOST_BINS = 10


@dataclass(frozen=True)
class Baseline:
    """Shares of the sampled customers by bins of one feature.

    Of a number, a bin goes up to and with its edge, and the last one beyond them all; of a category, there is one for
    each level, and the last is every other. Shares are of the customers with a value.
    """

    feature: str
    n: int  # sampled customers
    missing: float  # share of them without a value
    shares: tuple[float, ...]
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()


def learn_baselines(recipe: Recipe, values: Mapping[str, np.ndarray]) -> tuple[Baseline, ...]:
    """One for each feature that the segments rest on, in the order of the recipe.

    Numbers are cut at their tenths, of few customers into fewer parts, so that each bin has ten customers where their
    values differ.
    """
    numbers = [_of_numbers(s.feature.name, values[s.feature.name]) for s in recipe.scales]
    return (*numbers, *(_of_levels(p.feature.name, p.levels, values[p.feature.name]) for p in recipe.levels))


def _of_numbers(name: str, column: np.ndarray) -> Baseline:
    ordered = np.sort(column[~np.isnan(column)])
    bins = min(MOST_BINS, len(ordered) // FEWEST_TOLD)
    edges = np.unique([order_statistic(ordered, part / bins) for part in range(1, bins)])
    counts = np.bincount(np.searchsorted(edges, ordered, side="left"), minlength=len(edges) + 1)
    return Baseline(name, len(column), _missing(len(ordered), column), _shares(counts), tuple(edges.tolist()))


def _of_levels(name: str, levels: Sequence[str], column: np.ndarray) -> Baseline:
    known = [value for value in column.tolist() if value is not None]
    counts = [sum(value == level for value in known) for level in levels]
    shares = _shares(np.array([*counts, len(known) - sum(counts)]))
    return Baseline(name, len(column), _missing(len(known), column), shares, levels=tuple(levels))


def _missing(known: int, column: np.ndarray) -> float:
    return (len(column) - known) / len(column) if len(column) else 0.0


def _shares(counts: np.ndarray) -> tuple[float, ...]:
    total = int(counts.sum())
    return tuple((counts / total).tolist()) if total else (0.0,) * len(counts)
