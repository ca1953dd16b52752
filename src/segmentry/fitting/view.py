"""The rows that pictures are drawn from, taken from the sample while it is in memory."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from segmentry.features.recipe import GRID, Recipe
from segmentry.prototypes.assign import NOISE, segment_of
from segmentry.prototypes.rule import Rule
from segmentry.prototypes.threads import on_one_thread
from segmentry.quality import principal_components, silhouettes
from segmentry.quality.stability import adjusted_rand
from segmentry.segmentation import View
from segmentry.selection import Search


def make_view(rule: Rule, recipe: Recipe, grid: np.ndarray, values: Mapping[str, np.ndarray], search: Search) -> View:
    """The rows that silhouettes were computed for, with everything a picture shows of them."""
    components, explained = principal_components(grid / GRID)
    placed, rows = segment_of(rule, grid), search.silhouette_rows
    inside = placed != NOISE
    # Pictures show segments; a customer of noise is in none.
    drawn = inside[rows]
    rows = rows[drawn]
    return View(
        segment_ids=placed[rows],
        values={name: column[rows] for name, column in values.items() if column.dtype != object},
        components=components[rows],
        explained=explained,
        silhouettes=_silhouettes(grid[rows], placed[rows], search, drawn),
        two_main=_two_main(recipe, grid[inside], np.unique(placed[inside], return_inverse=True)[1]),
    )


def _silhouettes(rows: np.ndarray, placed: np.ndarray, search: Search, drawn: np.ndarray) -> np.ndarray:
    """Those of the search, computed anew where polishing or limits on sizes have moved a customer since."""
    places = np.unique(placed, return_inverse=True)[1]
    if adjusted_rand(search.best.labels[search.silhouette_rows[drawn]], places) == 1.0:
        kept: np.ndarray = search.silhouettes[drawn]
        return kept
    # Blocks of rows are too small for threads, which wait for each other longer than they work.
    with on_one_thread():
        return silhouettes(rows, [places])[0]


def _two_main(recipe: Recipe, grid: np.ndarray, placed: np.ndarray) -> tuple[str, str]:
    """The two features that tell the segments apart best together: the pair with the smallest Wilks' lambda.

    The same feature twice, or "", where there are fewer.
    """
    names = [s.feature.measured for s in recipe.scales]
    if len(names) < 2:
        return (names[0], names[0]) if names else ("", "")
    values = grid[:, : len(names)] / GRID
    counts = np.maximum(np.bincount(placed), 1)
    means = np.stack([np.bincount(placed, weights=column) / counts for column in values.T], axis=1)
    within, total = values - means[placed], values - values.mean(axis=0)
    inside, outside = within.T @ within, total.T @ total
    pairs = itertools.combinations(range(len(names)), 2)
    _, a, b = min((round(_wilks(inside, outside, pair), 9), *pair) for pair in pairs)
    return names[a], names[b]


def _wilks(inside: np.ndarray, outside: np.ndarray, pair: tuple[int, int]) -> float:
    both = np.ix_(pair, pair)
    return float(np.linalg.det(inside[both])) / (float(np.linalg.det(outside[both])) or 1.0)
