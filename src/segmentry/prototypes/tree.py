"""A small tree of thresholds that nearly gives the segments: a rule that a person can apply without arithmetic.

It stands beside the rule of the model and never replaces it; how far both agree is part of it. It is grown in
`explanations`; here is what it is, and how it is applied: as an expression for any engine's table, and in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.features.grid import FEATURE

TREE = "tree::"


@dataclass(frozen=True)
class TreeNode:
    """A question or, with an empty `feature`, an answer.

    The question is whether the feature is at most `threshold` (a missing value counts as `fill`) or, for a category,
    whether it is `level`; `yes` and `no` are the places of the next nodes. The answer is `segment`, `share` of
    the customers end there, and `agreement` of them are in that segment by the model; both None where these are too few
    customers to tell of.
    """

    feature: str = ""
    threshold: float | None = None
    fill: float | None = None
    level: str | None = None
    yes: int = -1
    no: int = -1
    segment: str = ""
    share: float | None = 0.0
    agreement: float | None = 0.0


@dataclass(frozen=True)
class ThresholdTree:
    """The tree, root first, and what it is worth.

    `fidelity` is the share of `fidelity_rows` customers whom it places as the model does. `price` is its cost, the
    squared distances to the centre of the segment it gives, by that of the model: 1 is as good; on `price_rows`.
    """

    nodes: tuple[TreeNode, ...]
    fidelity: float
    fidelity_rows: int
    price: float
    price_rows: int

    @property
    def leaves(self) -> int:
        return sum(not n.feature for n in self.nodes)


def tree_expression(tree: ThresholdTree, answer: Callable[[str], str | int] = str, place: int = 0) -> nw.Expr:
    """The segment that the tree gives, over a frame with the feature columns; or what `answer` makes of its id."""
    node = tree.nodes[place]
    if not node.feature:
        return nw.lit(answer(node.segment))
    value = nw.col(FEATURE + node.feature)
    if node.threshold is not None:
        asked = value.fill_null(node.fill) <= node.threshold
    else:
        asked = (value == node.level).fill_null(False)
    yes, no = (tree_expression(tree, answer, next_one) for next_one in (node.yes, node.no))
    return nw.when(asked).then(yes).otherwise(no)


def tree_segments(tree: ThresholdTree, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """The segment of each row by the tree; values by feature name in original units, NaN or None where missing."""
    n = len(next(iter(values.values())))
    found = np.empty(n, dtype=object)
    waiting = [(0, np.arange(n))]
    while waiting:
        place, rows = waiting.pop()
        node = tree.nodes[place]
        if not node.feature:
            found[rows] = node.segment
            continue
        value = values[node.feature][rows]
        if node.threshold is not None:
            number = value.astype(np.float64)
            asked = np.where(np.isnan(number), node.fill or 0.0, number) <= node.threshold
        else:
            asked = value == node.level
        waiting += [(node.yes, rows[asked]), (node.no, rows[~asked])]
    return found
