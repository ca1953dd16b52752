"""Who moves where between two segmentations of the same customers."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals.stable.v2 as nw

from segmentry.browsing.rows import CustomerRows
from segmentry.features.grid import axis_expressions, is_known, with_features
from segmentry.prototypes.assign import SEGMENT, with_segment
from segmentry.segmentation import Segmentation
from segmentry.tables import collect_rows

_BEFORE = "before::"


@dataclass(frozen=True)
class Move:
    """How many customers are in one segment before and in another after."""

    before: str
    after: str
    customers: int


def moves(rows: CustomerRows, other: Segmentation) -> tuple[Move, ...]:
    """Each pair of segments that customers are in: as laid out, and as `other` places them. In order of ids."""
    recipe = other.recipe
    own = [c.name for c in rows.table.columns]
    raw = [c.raw for c in rows.table.columns if c.raw is not None]
    frame = rows.table.frame.select(*own, *raw, nw.col(SEGMENT).alias(_BEFORE))
    derived = with_features(frame, recipe.clustered, recipe.as_of)
    placed = with_segment(derived.with_columns(*axis_expressions(recipe)), other.rule, is_known(recipe))
    found = collect_rows(placed.select(_BEFORE, SEGMENT).group_by(_BEFORE, SEGMENT).agg(n=nw.len()))
    made = [Move(str(r[_BEFORE]), str(r[SEGMENT]), int(r["n"])) for r in found]
    return tuple(sorted(made, key=lambda m: (len(m.before), m.before, len(m.after), m.after)))
