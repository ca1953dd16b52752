"""A grid as the one rule: a prototype for each combination of scores, owned by the segment it belongs to."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from segmentry.clusters.grouping import Grouping
from segmentry.clusters.rfm.grid import RfmGrid
from segmentry.errors import SettingsError
from segmentry.features.feature import Bins
from segmentry.features.recipe import GRID, Recipe
from segmentry.features.rfm import score_name
from segmentry.prototypes.assign import kmeans_rule, nearest
from segmentry.prototypes.rule import Rule


@dataclass(frozen=True)
class RfmCells:
    """A grid over the scores of a recipe. `names` are those of the groups, in the order of their numbers."""

    rule: Rule  # owners are numbers
    names: tuple[str, ...]
    grid: RfmGrid
    name: str = "rfm"
    needs_k: bool = False

    def search(self, grid: np.ndarray, k: int, seed: int) -> Grouping:  # noqa: ARG002
        """The groups of rows on the grid: nothing is searched, so that `k` and `seed` do not matter."""
        placed = np.array([int(owner) for owner in self.rule.owners])[nearest(self.rule, grid)]
        used, labels, sizes = np.unique(placed, return_inverse=True, return_counts=True)
        labels = labels.reshape(-1)
        sums = [np.stack([np.bincount(labels, weights=w, minlength=len(used)) for w in (c, c * c)]) for c in grid.T]
        within = sum(float((squared - total * total / sizes).sum()) for total, squared in sums)
        return Grouping(
            rule=self.rule,
            labels=labels,
            own_labels=labels,
            rows=np.arange(len(grid)),
            sizes=tuple(int(n) for n in sizes),
            inertia=round(within),
            changed=0.0,
        )


def cells_of(recipe: Recipe, grid: RfmGrid) -> RfmCells:
    """The grid over the scores of this recipe; combinations that no value can have get no prototype."""
    axes = [s.feature.name for s in recipe.scales]
    reachable = {s.feature.name: _bins(s.feature.bins).reachable for s in recipe.scales}
    names = tuple(grid.segments)
    owner_of = _by_axes(grid, axes)
    listed = [(names.index(owner_of[cell]), cell) for cell in itertools.product(*(reachable[a] for a in axes))]
    # The prototypes of a segment stand together.
    listed.sort()
    used = sorted({number for number, _ in listed})
    centres = np.array([[(score - 1) * GRID for score in cell] for _, cell in listed], dtype=np.float64)
    rule = kmeans_rule(axes, centres, [str(used.index(number)) for number, _ in listed])
    kept = tuple(names[number] for number in used)
    return RfmCells(rule, kept, grid)


def _by_axes(grid: RfmGrid, axes: Sequence[str]) -> dict[tuple[int, ...], str]:
    """The segment of each combination, with the scores in the order of the recipe's axes."""
    wanted = [score_name(axis) for axis in grid.axes]
    if sorted(wanted) != sorted(axes):
        raise SettingsError("The grid does not fit the scores.", found=f"{', '.join(wanted)}; {', '.join(axes)}")
    order = [wanted.index(axis) for axis in axes]
    return {tuple(cell[place] for place in order): name for cell, name in grid.cells.items()}


def _bins(bins: Bins | None) -> Bins:
    assert bins is not None, "a score has thresholds"
    return bins


def groups_of(grid: RfmGrid, scores: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n,) places in `grid.segments` of customers by their scores of each axis; a missing score (NaN) is the lowest."""
    number = {name: place for place, name in enumerate(grid.segments)}
    table = np.zeros((grid.scores,) * len(grid.axes), dtype=np.int64)
    for cell, name in grid.cells.items():
        table[tuple(score - 1 for score in cell)] = number[name]
    places = tuple(np.nan_to_num(scores[axis], nan=1.0).astype(np.int64) - 1 for axis in grid.axes)
    found: np.ndarray = table[places]
    return found


def occupied(rule: Rule, sizes: Mapping[str, int]) -> Rule:
    """The rule without owners that have no customer: their cells go to the nearest cell of another, first of equals."""
    kept = [place for place, owner in enumerate(rule.owners) if sizes[owner]]
    return replace(
        rule,
        offsets=tuple(rule.offsets[p] for p in kept),
        weights=tuple(rule.weights[p] for p in kept),
        owners=tuple(rule.owners[p] for p in kept),
    )
