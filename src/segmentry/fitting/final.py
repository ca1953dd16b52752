"""From the winner of the search to the rule that holds for all customers, with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.clusters.grouping import Grouping
from segmentry.clusters.polish import polish
from segmentry.clusters.tally import tally
from segmentry.errors import plural
from segmentry.prototypes.assign import kmeans_rule
from segmentry.prototypes.rule import Rule
from segmentry.segmentation import OwnAnswer
from segmentry.selection import Search


@dataclass(frozen=True)
class Final:
    """The rule, customers by owner and in none, inertia in squared standard deviations, and how it was settled."""

    rule: Rule
    sizes: dict[str, int]
    noise: int
    inertia: float
    polish: str


def settle_on_all(frame: nw.LazyFrame[Any], axes: Sequence[str], search: Search) -> Final:
    """K-means is polished by passes over all rows; the prototypes of another method stay, and all rows are counted."""
    best = search.best
    if not isinstance(best, Grouping):
        polished = polish(frame, axes, best.centres)
        owners = [f"p{place}" for place in range(len(polished.sizes))]
        return Final(
            rule=kmeans_rule(axes, polished.centres, owners),
            sizes=dict(zip(owners, polished.sizes, strict=True)),
            noise=0,
            inertia=polished.inertia,
            polish=f"{plural(polished.passes, 'pass', 'passes')} over all customers, until {polished.ended}",
        )
    rule = replace(best.rule, axes=tuple(axes), owners=tuple(f"p{owner}" for owner in best.rule.owners))
    counted = tally(frame, rule)
    return Final(rule, counted.sizes(rule.owners), counted.noise, counted.inertia, "one pass to count all customers")


def own_answer(search: Search, renamed: Mapping[str, str]) -> OwnAnswer | None:
    """What a method other than k-means said itself; `renamed` gives the segment of each owner."""
    best = search.best
    if not isinstance(best, Grouping):
        return None
    own = best.own_labels
    sizes = {f"p{group}": int(n) for group, n in enumerate(np.bincount(own[own >= 0], minlength=best.k))}
    return OwnAnswer(
        rows=len(own),
        sizes={renamed[owner]: n for owner, n in sorted(sizes.items(), key=lambda item: renamed[item[0]])},
        noise=int((own == -1).sum()),
        moved=best.changed,
    )
