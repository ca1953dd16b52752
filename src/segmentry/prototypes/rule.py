"""The one rule that gives a customer a segment: a whole-number score per prototype, the lowest wins.

score_p(x) = offset_p + sum over axes of weight_pa * x_a, with x on the grid. For k-means, offset = |c|^2 and
weight = -2 c, so that score + |x|^2 is the squared distance. Ties go to the first prototype. Every
product and sum is a whole number below 2^53, so that every engine computes the same one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`offsets[p]`, `weights[p][a]` and `owners[p]` (the segment of prototype p), all whole numbers and ids."""

    axes: tuple[str, ...]
    offsets: tuple[int, ...]
    weights: tuple[tuple[int, ...], ...]
    owners: tuple[str, ...]
    cutoff: int | None = None  # a squared distance beyond which a customer is noise
