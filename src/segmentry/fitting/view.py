"""The rows that pictures are drawn from, taken from the sample while it is in memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segmentry.features.recipe import GRID, Recipe
from segmentry.prototypes.assign import nearest
from segmentry.prototypes.rule import Rule
from segmentry.quality import principal_components
from segmentry.segmentation import View
from segmentry.selection import Search


def make_view(rule: Rule, recipe: Recipe, grid: np.ndarray, values: Mapping[str, np.ndarray], search: Search) -> View:
    """The rows that silhouettes were computed for, with everything a picture shows of them."""
    components, explained = principal_components(grid / GRID)
    placed, rows = nearest(rule, grid), search.silhouette_rows
    return View(
        segment_ids=np.array(rule.owners)[placed][rows],
        values={name: column[rows] for name, column in values.items() if column.dtype != object},
        components=components[rows],
        explained=(explained[0], explained[1]),
        silhouettes=search.silhouettes,
        n_silhouettes=len(rows),
        two_main=_two_main(recipe, grid, placed),
    )


def _two_main(recipe: Recipe, grid: np.ndarray, placed: np.ndarray) -> tuple[str, str]:
    """The two features whose variance the segments explain most; the same twice, or "", where there are fewer."""
    counts = np.maximum(np.bincount(placed), 1)
    ranked = []
    for column, scale in enumerate(recipe.scales):
        off = grid[:, column] - grid[:, column].mean()
        between = float((np.bincount(placed, weights=off) ** 2 / counts).sum())
        ranked.append((-between / (float((off * off).sum()) or 1.0), scale.feature.name))
    names = [name for _, name in sorted(ranked)]
    return (names[0], names[min(1, len(names) - 1)]) if names else ("", "")
