"""Which customers are asked for: by segment, range of a feature, level of a category, or a piece of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import narwhals.stable.v2 as nw

from segmentry.features.grid import FEATURE
from segmentry.prototypes.assign import SEGMENT


@dataclass(frozen=True)
class Range:
    """Values of a numeric feature from `low` to `high`, both included; None is open."""

    feature: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Chosen:
    """Customers that fulfil every condition. Nothing stated chooses everyone.

    `levels` are pairs of a category and one of its levels, `search` is a piece of text in any cell that holds text.

    >>> Chosen(segments=("s1",)).is_everyone, Chosen().is_everyone
    (False, True)
    """

    segments: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    levels: tuple[tuple[str, str], ...] = ()
    search: str = ""

    @property
    def is_everyone(self) -> bool:
        return self == Chosen()

    def condition(self, text_columns: Sequence[str]) -> nw.Expr | None:
        """The conditions as one expression over rows that were laid out; None where there are none."""
        parts: list[nw.Expr] = []
        if self.segments:
            parts.append(nw.col(SEGMENT).is_in(list(self.segments)))
        for asked in self.ranges:
            value = nw.col(FEATURE + asked.feature)
            parts += [value >= asked.low] if asked.low is not None else []
            parts += [value <= asked.high] if asked.high is not None else []
        parts += [nw.col(FEATURE + category) == level for category, level in self.levels]
        wanted = self.search.strip().lower()
        if wanted and text_columns:
            cells = [nw.col(c).cast(nw.String).str.to_lowercase() for c in text_columns]
            parts.append(reduce(or_, [cell.str.contains(wanted, literal=True).fill_null(False) for cell in cells]))
        elif wanted:
            parts.append(nw.lit(False))
        return reduce(and_, parts) if parts else None
