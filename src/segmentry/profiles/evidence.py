"""What sets the segments apart and how far they stand apart: effects with intervals, tests, markers, runners-up.

Only values; they are worked out in `quality` and `fitting`. No test is made for what was clustered on: the segments
were made to differ there, and a test would only say so.
"""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.tables import check_known

BINS = 20  # of the gorge histogram
BORDER = 0.1  # a customer placed with less confidence stands on the border to the runner-up


@dataclass(frozen=True)
class Effect:
    """One measure, or one level of a category, in one segment beside all other customers.

    `effect` is the difference of means in pooled standard deviations (of shares, for a level, in shares), with a 95 %
    interval. `p_value` is Holm-corrected over all tests made; None for what was clustered on or shares a column
    with it. `marker` says that it
    characterises the segment.
    """

    segment: str
    measure: str
    level: str
    clustered: bool
    effect: float
    low: float
    high: float
    p_value: float | None
    marker: bool
    n: int
    n_rest: int


@dataclass(frozen=True)
class Switch:
    """Customers of `segment` whose runner-up is `runner_up`: how many, how sure on average, how many on the border."""

    segment: str
    runner_up: str
    n: int
    confidence: float
    border: int  # with a confidence below BORDER


@dataclass(frozen=True)
class Gorge:
    """How similar customers are to a segment: counts in 20 equal bins from 0 to 1."""

    segment: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Evidence:
    """`switches` are of all `customers`; `effects` of all, spreads from `spread_rows`; `gorge` of `gorge_rows`."""

    effects: tuple[Effect, ...]
    switches: tuple[Switch, ...]
    gorge: tuple[Gorge, ...]
    customers: int
    spread_rows: int
    gorge_rows: int

    def markers(self, segment: str) -> tuple[Effect, ...]:
        """The segment's markers, the strongest first. Raises SettingsError where there is no such segment."""
        check_known(segment, [g.segment for g in self.gorge], "segment")
        own = [e for e in self.effects if e.segment == segment and e.marker]
        return tuple(sorted(own, key=lambda e: (-abs(e.effect), e.measure, e.level)))
