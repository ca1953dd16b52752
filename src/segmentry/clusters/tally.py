"""How many customers each segment of a rule has, over all rows, and how far they are from its middle; as one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.features.grid import axis_columns
from segmentry.features.recipe import GRID
from segmentry.prototypes.assign import PROTOTYPE, with_prototype
from segmentry.prototypes.rule import Rule
from segmentry.tables import collect_rows


@dataclass(frozen=True)
class Tally:
    """Customers by prototype, those in no segment, inertia about the segments' means in squared standard deviations."""

    by_prototype: tuple[int, ...]
    noise: int
    inertia: float

    def sizes(self, owners: Sequence[str]) -> dict[str, int]:
        """Customers by segment."""
        found = dict.fromkeys(owners, 0)
        for owner, n in zip(owners, self.by_prototype, strict=True):
            found[owner] += n
        return found


def tally(frame: nw.LazyFrame[Any], rule: Rule) -> Tally:
    """Counts in one pass. The frame holds the grid's columns of the customers that are known."""
    names = axis_columns(rule.axes)
    placed = with_prototype(frame.select(*(nw.col(name).cast(nw.Float64) for name in names)), rule)
    squares = [(nw.col(name) * nw.col(name)).alias("square::" + name) for name in names]
    sums = [*names, *("square::" + name for name in names)]
    grouped = (
        placed.with_columns(*squares).group_by(PROTOTYPE).agg(nw.len().alias("n"), *(nw.col(c).sum() for c in sums))
    )
    rows = {int(row[PROTOTYPE]): row for row in collect_rows(grouped)}
    counts = tuple(int(rows[p]["n"]) if p in rows else 0 for p in range(len(rule.owners)))
    within = 0.0
    for segment in rule.segments:
        own = [rows[p] for p, owner in enumerate(rule.owners) if owner == segment and p in rows]
        n = sum(int(row["n"]) for row in own)
        for name in names:
            total = sum(int(row[name]) for row in own)
            squared = sum(int(row["square::" + name]) for row in own)
            # Whole numbers up to the last division: the same on every engine.
            within += (squared * n - total * total) / n if n else 0.0
    return Tally(counts, int(rows[-1]["n"]) if -1 in rows else 0, within / GRID**2)
