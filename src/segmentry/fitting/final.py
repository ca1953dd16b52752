"""From the winner of the search to the rule that holds for all customers, with their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.clusters.grouping import Grouping
from segmentry.clusters.limits import SizeLimits, limited
from segmentry.clusters.names import FIND_K, STATED
from segmentry.clusters.polish import polish
from segmentry.clusters.rfm.cells import occupied
from segmentry.clusters.tally import tally
from segmentry.errors import Notice, SettingsError, plural
from segmentry.features.grid import axis_columns
from segmentry.profiles.wording import say_number
from segmentry.prototypes.assign import kmeans_rule, nearest
from segmentry.prototypes.rule import Rule
from segmentry.segmentation import OwnAnswer
from segmentry.selection import Search, SelectionSettings
from segmentry.tables import to_memory

IN_MEMORY = 1_000_000  # customers up to whom limits on sizes are settled on all of them, and not on the sample


@dataclass(frozen=True)
class Final:
    """The rule, customers by owner and in none, inertia in squared standard deviations, and how it was settled.

    `limited` tells that borders were moved to keep limits on sizes.
    """

    rule: Rule
    sizes: dict[str, int]
    noise: int
    inertia: float
    polish: str
    limited: bool = False
    notices: tuple[Notice, ...] = ()


def settle_on_all(
    frame: nw.LazyFrame[Any], axes: Sequence[str], search: Search, grid: np.ndarray, limits: SizeLimits
) -> Final:
    """K-means is polished by passes over all rows; the prototypes of another method stay, and all rows are counted.

    The frame holds the grid's columns of the customers that are known; `grid` is the sample. Raises SettingsError when
    the limits on sizes cannot hold for all rows.
    """
    best = search.best
    if isinstance(best, Grouping):
        rule = replace(best.rule, axes=tuple(axes), owners=tuple(f"p{owner}" for owner in best.rule.owners))
        counted = tally(frame, rule)
        if search.method in STATED and not all(counted.sizes(rule.owners).values()):
            rule = occupied(rule, counted.sizes(rule.owners))
            counted = tally(frame, rule)
        final = Final(rule, counted.sizes(rule.owners), counted.noise, counted.inertia, "one pass over all customers")
    else:
        polished = polish(frame, axes, best.centres)
        owners = [f"p{place}" for place in range(len(polished.sizes))]
        final = Final(
            rule=kmeans_rule(axes, polished.centres, owners),
            sizes=dict(zip(owners, polished.sizes, strict=True)),
            noise=0,
            inertia=polished.inertia,
            polish=f"{plural(polished.passes, 'pass', 'passes')} over all customers, until {polished.ended}",
        )
    return final if limits.hold(list(final.sizes.values())) else _within(frame, final, grid, limits)


def _within(frame: nw.LazyFrame[Any], final: Final, grid: np.ndarray, limits: SizeLimits) -> Final:
    n = sum(final.sizes.values())
    low, high = limits.within(n)
    rows, whose = grid, "the sampled customers"
    if n <= IN_MEMORY:
        whose = "the customers"
        columns = to_memory(frame)
        rows = np.column_stack([columns[axis] for axis in axis_columns(final.rule.axes)])
        rule = limited(final.rule, rows, low, high)
    else:
        # Three standard deviations of what the share of a segment in the sample may be off.
        spare = math.ceil(3 * math.sqrt(len(grid) / len(final.sizes)))
        rule = limited(
            final.rule, grid, low and math.ceil(low / n * len(grid)) + spare, int(high / n * len(grid)) - spare
        )
    counted = tally(frame, rule) if rule is not None else None
    if rule is None or counted is None or not limits.hold(list(counted.sizes(rule.owners).values())):
        raise SettingsError(
            "The limits on sizes cannot hold for all customers.",
            found=f"{len(final.sizes)} segments of {n:,} customers, each between {low:,} and {high:,}",
            remedy="Customers who are alike stay together: leave more room between --min-size and --max-size.",
        )
    moved = f"{final.polish}; borders were then moved so that sizes are within the limits asked for"
    elsewhere = float((nearest(rule, rows) != nearest(final.rule, rows)).mean())
    notice = Notice(
        "limited-sizes",
        f"To keep the limits on sizes, {say_number(elsewhere, 'share')} of {whose} are in another segment than "
        "without. The reason, the verdict and the criteria speak of the segments without limits; how stable each "
        "segment is was not measured, since fits on other draws of the customers have no limits.",
    )
    return Final(rule, counted.sizes(rule.owners), counted.noise, counted.inertia, moved, True, (notice,))


def own_answer(search: Search, renamed: Mapping[str, str]) -> OwnAnswer | None:
    """What a method other than k-means said itself; `renamed` gives the segment of each owner."""
    best = search.best
    # A grid and its rule are the same thing.
    if not isinstance(best, Grouping) or search.method in STATED:
        return None
    own = best.own_labels
    sizes = {f"p{group}": int(n) for group, n in enumerate(np.bincount(own[own >= 0], minlength=best.k))}
    return OwnAnswer(
        rows=len(own),
        sizes={renamed[owner]: n for owner, n in sorted(sizes.items(), key=lambda item: renamed[item[0]])},
        noise=int((own == -1).sum()),
        moved=best.changed,
    )


def possible(selection: SelectionSettings, limits: SizeLimits, customers: int) -> SelectionSettings:
    """The same search, over those k alone that the limits on sizes allow. Raises SettingsError when there is none."""
    if limits == SizeLimits():
        return selection
    if selection.method in FIND_K:
        raise SettingsError(
            f"{selection.method} makes groups as large as they are; their sizes cannot be limited.",
            remedy="Use another --method, or leave out --min-size and --max-size.",
        )
    low, high = limits.within(customers)
    first, last = selection.span
    fits = [k for k in range(first, last + 1) if k * low <= customers <= k * high and low <= high]
    if not fits:
        raise SettingsError(
            "No number of segments goes with these sizes.",
            found=f"{customers:,} customers, {first} to {last} segments, each between {low:,} and {high:,}",
            remedy="Change --k, --min-size or --max-size.",
        )
    if len(fits) == last + 1 - first:
        return selection
    return selection.model_copy(update={"k": f"{fits[0]}-{fits[-1]}" if len(fits) > 1 else fits[0]})
