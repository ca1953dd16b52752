"""The one rule that gives a customer a segment: a whole-number score per prototype, the lowest wins.

    score_p(x) = offset_p + sum over axes of weight_pa * x_a + sum over pairs of pair_weight_pj * x_a * x_b

with x on the grid. For k-means, offset = |c|^2 and weight = -2 c, so that score + |x|^2 is the squared distance; a
category has an axis a level, so that its weights are a table per level. A Gaussian mixture also weighs pairs of axes:
its score is `scale` times the squared Mahalanobis distance + log determinant - 2 log weight, as whole numbers. Ties go
to the first prototype; a segment may own several. Limits on sizes are numbers added to offsets. Every product and every
sum, in any order, is a whole number below 2^53, so that every engine computes the same one: axes reach +-16384, a pair
2^28, and `largest_score` is the bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EXACT = 2**53  # beyond it a computer's sums of whole numbers are no longer exact


@dataclass(frozen=True)
class Rule:
    """`offsets[p]`, `weights[p][a]` and `owners[p]` (the segment of prototype p), all whole numbers and ids.

    The prototypes of a segment stand together, so that ties fall the same way between prototypes and segments.
    """

    axes: tuple[str, ...]
    offsets: tuple[int, ...]
    weights: tuple[tuple[int, ...], ...]
    owners: tuple[str, ...]
    cutoff: int | None = None  # a squared distance, in score steps, beyond which a customer is noise
    pairs: tuple[tuple[int, int], ...] = ()  # places of axes whose product is weighed
    pair_weights: tuple[tuple[int, ...], ...] = ()  # by prototype, then by pair; empty without pairs
    scale: int = 1  # score steps to one: of squared grid steps, and with pairs of minus twice the log density

    @property
    def segments(self) -> tuple[str, ...]:
        """The owners, each once, in the order of their first prototypes."""
        return tuple(dict.fromkeys(self.owners))


def largest_score(rule: Rule, reach: Sequence[int]) -> int:
    """A bound on every sum on the way to a squared distance, for axes within +-`reach`.

    >>> largest_score(Rule(("a",), (100,), ((-20,),), ("s1",)), [16])
    676
    """
    norm = 0 if rule.pairs else sum(r * r for r in reach)
    pair_weights = rule.pair_weights or ((),) * len(rule.offsets)
    return norm + max(
        abs(offset)
        + sum(abs(w) * r for w, r in zip(weights, reach, strict=True))
        + sum(abs(w) * reach[a] * reach[b] for w, (a, b) in zip(pairs, rule.pairs, strict=True))
        for offset, weights, pairs in zip(rule.offsets, rule.weights, pair_weights, strict=True)
    )
