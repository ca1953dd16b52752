"""Grows the tree of thresholds on the sample: first one leaf a segment, then more while they pay.

The first leaves come by the cut that parts fewest customers from their own segment's centre (IMM, Moshkovitz et al.
2020); further ones by the cut that saves most of the distances to the best centre of each leaf (ExKMC, Frost et al.
2020). Costs are whole numbers, so that the same sample always gives the same tree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from segmentry.features.recipe import Recipe
from segmentry.features.sample import evenly_spaced
from segmentry.prototypes.assign import NOISE
from segmentry.prototypes.tree import ThresholdTree, TreeNode, tree_segments
from segmentry.tables.masking import FEWEST_TOLD

ROWS = 8000
ENOUGH = 0.95  # share placed as the model does, beyond which more leaves are not worth reading
MOST_LEAVES = 3  # leaves a segment


@dataclass(frozen=True)
class _Cut:
    worth: float
    axis: int
    below: float  # the largest grid value that answers yes


@dataclass(eq=False)
class _Leaf:
    rows: np.ndarray
    centres: np.ndarray  # places of the segments whose centre lies in it
    place: int = 0
    label: int = 0


def grow_tree(
    recipe: Recipe, grid: np.ndarray, segment_ids: np.ndarray, values: Mapping[str, np.ndarray]
) -> ThresholdTree | None:
    """The tree for the sampled rows: `grid`, the segment of each by the model, and its features in original units.

    None for fewer than two segments. Fidelity and price are those on the sample.
    """
    taken = evenly_spaced(len(grid), ROWS)
    names = sorted(set(segment_ids[taken].tolist()) - {NOISE}, key=lambda s: (len(s), s))
    if len(names) < 2:
        return None
    taken = taken[np.isin(segment_ids[taken], names)]
    rows, ids = grid[taken], segment_ids[taken]
    raw = {name: column[taken] for name, column in values.items()}
    place = {name: at for at, name in enumerate(names)}
    labels = np.array([place[s] for s in ids.tolist()])
    centres = np.stack([np.floor(rows[labels == s].mean(axis=0) + 0.5) for s in range(len(names))])
    growing = _Growing(recipe, rows, labels, centres, raw)
    growing.one_leaf_a_segment()
    growing.more_leaves()
    return growing.tree(names)


class _Growing:
    def __init__(
        self,
        recipe: Recipe,
        rows: np.ndarray,
        labels: np.ndarray,
        centres: np.ndarray,
        values: Mapping[str, np.ndarray],
    ) -> None:
        self.recipe, self.rows, self.labels, self.centres, self.values = recipe, rows, labels, centres, values
        norms = (rows * rows).sum(axis=1)[:, None]
        self.costs = norms - 2.0 * (rows @ centres.T) + (centres * centres).sum(axis=1)
        self.nodes: list[TreeNode] = [TreeNode()]
        self.leaves = [_Leaf(np.arange(len(rows)), np.arange(len(centres)))]

    def one_leaf_a_segment(self) -> None:
        while any(len(leaf.centres) > 1 for leaf in self.leaves):
            leaf = next(leaf for leaf in self.leaves if len(leaf.centres) > 1)
            self._split(leaf, self._least_parted(leaf))
        for leaf in self.leaves:
            leaf.label = int(leaf.centres[0])

    def more_leaves(self) -> None:
        cuts = {leaf.place: self._most_saved(leaf) for leaf in self.leaves}
        while len(self.leaves) < MOST_LEAVES * len(self.centres) and self._fidelity() < ENOUGH:
            best = max(self.leaves, key=lambda leaf: (cuts[leaf.place].worth, -leaf.place))
            if cuts[best.place].worth <= 0:
                return
            parts = self._split(best, cuts[best.place])
            for part in parts:
                part.label = int(self.costs[part.rows].sum(axis=0).argmin())
                cuts[part.place] = self._most_saved(part)

    def _withheld(self) -> list[_Leaf]:
        """Leaves of too few customers, and the smallest other where theirs would follow by subtraction."""
        by_size = sorted(self.leaves, key=lambda leaf: (len(leaf.rows), leaf.place))
        few = [leaf for leaf in by_size if len(leaf.rows) < FEWEST_TOLD]
        alone = 0 < sum(len(leaf.rows) for leaf in few) < FEWEST_TOLD
        return by_size[: len(few) + 1] if alone else few

    def _fidelity(self) -> float:
        return sum(int((self.labels[leaf.rows] == leaf.label).sum()) for leaf in self.leaves) / len(self.rows)

    def _least_parted(self, leaf: _Leaf) -> _Cut:
        """The cut with a centre on each side that parts fewest rows from their own centre."""
        best: _Cut | None = None
        labels = self.labels[leaf.rows]
        counted = np.isin(labels, leaf.centres)
        for axis in range(self.rows.shape[1]):
            at = self.centres[leaf.centres, axis]
            x = self.rows[leaf.rows, axis]
            for below in self._cuts(x, at):
                centre_left = self.centres[labels, axis] <= below
                parted = int((counted & ((x <= below) != centre_left)).sum())
                if best is None or -parted > best.worth:
                    best = _Cut(-parted, axis, float(below))
        assert best is not None, "two segments differ in some axis"
        return best

    def _cuts(self, x: np.ndarray, centres: np.ndarray) -> np.ndarray:
        """Values between the outermost centres that part the rows, at most about 200, evenly spaced in rank."""
        low, high = centres.min(), centres.max()
        inside = np.unique(x[(x >= low) & (x < high)])
        if not len(inside) and low < high:
            inside = np.array([low])
        few: np.ndarray = inside[evenly_spaced(len(inside), 200)]
        return few

    def _most_saved(self, leaf: _Leaf) -> _Cut:
        """The cut whose two sides, each with its best segment, save most of the leaf's cost."""
        costs, rows = self.costs[leaf.rows], self.rows[leaf.rows]
        whole = costs.sum(axis=0).min()
        best = _Cut(0.0, 0, 0.0)
        for axis in range(rows.shape[1]):
            order = np.argsort(rows[:, axis], kind="stable")
            x, left = rows[order, axis], np.cumsum(costs[order], axis=0)
            ends = np.nonzero(x[1:] > x[:-1])[0]
            ends = ends[(ends + 1 >= FEWEST_TOLD) & (len(x) - ends - 1 >= FEWEST_TOLD)]
            if not len(ends):
                continue
            saved = whole - left[ends].min(axis=1) - (left[-1] - left[ends]).min(axis=1)
            at = int(saved.argmax())
            if saved[at] > best.worth:
                best = _Cut(float(saved[at]), axis, float(x[ends[at]]))
        return best

    def _split(self, leaf: _Leaf, cut: _Cut) -> tuple[_Leaf, _Leaf]:
        node, yes = self._question(leaf, cut)
        left = self.centres[leaf.centres, cut.axis] <= cut.below
        if node.level is not None:
            left = ~left  # the question is whether it is the level, and the level is the upper side
        place = len(self.nodes)
        parts = (
            _Leaf(leaf.rows[yes], leaf.centres[left], place),
            _Leaf(leaf.rows[~yes], leaf.centres[~left], place + 1),
        )
        self.nodes[leaf.place] = replace(node, yes=place, no=place + 1)
        self.nodes += [TreeNode(), TreeNode()]
        self.leaves[self.leaves.index(leaf) : self.leaves.index(leaf) + 1] = parts
        return parts

    def _question(self, leaf: _Leaf, cut: _Cut) -> tuple[TreeNode, np.ndarray]:
        """The cut in original units, and which rows of the leaf answer yes."""
        x = self.rows[leaf.rows, cut.axis]
        if cut.axis < len(self.recipe.scales):
            scale = self.recipe.scales[cut.axis]
            value = self.values[scale.feature.name][leaf.rows].astype(np.float64)
            value = np.where(np.isnan(value), scale.fill, value)
            below, above = value[x <= cut.below], value[x > cut.below]
            if len(below) and len(above) and below.max() < above.min():
                threshold = roundest(float(below.max()), float(above.min()))
            else:
                threshold = roundest(*self._around(scale.feature.name, cut))
            return TreeNode(scale.feature.name, threshold, scale.fill), value <= threshold
        levels = [(part.feature.name, level) for part in self.recipe.levels for level in part.levels]
        name, level = levels[cut.axis - len(self.recipe.scales)]
        return TreeNode(name, level=level), x > cut.below

    def _around(self, name: str, cut: _Cut) -> tuple[float, float]:
        """The largest value below a cut that no row of the leaf straddles, and the smallest above it."""
        value, x = self.values[name].astype(np.float64), self.rows[:, cut.axis]
        known = ~np.isnan(value)
        below, above = value[known & (x <= cut.below)], value[known & (x > cut.below)]
        low = float(below.max()) if len(below) else float(above.min()) - 1.0
        return (low, float(above.min())) if len(above) and above.min() > low else (low, low + 1.0)

    def tree(self, names: list[str]) -> ThresholdTree:
        hidden = self._withheld()
        for leaf in self.leaves:
            own = self.labels[leaf.rows] == leaf.label
            self.nodes[leaf.place] = TreeNode(
                segment=names[leaf.label],
                share=None if leaf in hidden else len(leaf.rows) / len(self.rows),
                agreement=None if leaf in hidden else float(own.mean()),
            )
        tree = ThresholdTree(tuple(self.nodes), 0.0, len(self.rows), 1.0, len(self.rows))
        given = tree_segments(tree, self.values)
        placed = np.array([names.index(s) for s in given])
        every = np.arange(len(placed))
        cost, least = self.costs[every, placed].sum(), self.costs[every, self.labels].sum()
        return replace(
            tree,
            fidelity=float((placed == self.labels).mean()),
            price=float(cost / least) if least > 0 else 1.0,
        )


def roundest(low: float, high: float) -> float:
    """The number with fewest digits that is at least `low` and below `high`.

    >>> roundest(51373.0, 51411.0), roundest(3.0, 4.0), roundest(-0.26, -0.11)
    (51400.0, 3.0, -0.2)
    """
    for places in range(-12, 13):
        found = round(math.ceil(round(low * 10.0**places, 9)) / 10.0**places, max(places, 0))
        if low <= found < high:
            return found
    return low
