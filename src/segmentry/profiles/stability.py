"""How steady the segments are when the customers are drawn anew: numbers, and what they mean in words.

The numbers are measured in `quality`. Steady is not the same as real: a method can be steady on nonsense.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# How the mean Jaccard index of a segment is read (the bands of clusterboot, Hennig 2007).
PATTERN, STABLE, HIGHLY_STABLE = 0.6, 0.75, 0.85


@dataclass(frozen=True)
class Interval:
    """A mean over resamples with the range that holds 90 % of them."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class SegmentStability:
    """One segment over bootstrap samples: how much of it was found again (Jaccard index, 1 is exactly the same).

    `mean`, `low`, `high` are of clusterboot's index, on the customers that a sample holds; `within` is the same on all
    customers, averaged over pairs of samples (SLSW). `dissolved` counts samples with an index of at most 0.5,
    `recovered` those above 0.75. `words` say what it means.
    """

    mean: float
    low: float
    high: float
    resamples: int
    dissolved: int
    recovered: int
    within: Interval
    words: str


@dataclass(frozen=True)
class SeriesNode:
    """A segment of one of the solutions tried: its place in the row of k, its share, and how far it has one origin.

    `origin` is SLSA: 1 when all its customers come from one segment of the solution before, 0 when from all alike.
    """

    k: int
    place: int
    share: float
    origin: float | None


@dataclass(frozen=True)
class SeriesEdge:
    """Share of the customers of a segment of `k` (at `place`) that were at `parent` in the solution before."""

    k: int
    parent: int
    place: int
    share: float


@dataclass(frozen=True)
class SolutionStability:
    """What was measured of the whole solution, and on what: `rows` of `customers`, `pairs` of bootstrap samples.

    `agreement` is the adjusted Rand index between the two of a pair.

    `nodes` and `edges` are the solutions tried, side by side; `chosen` is the place of each segment in its own row.
    """

    rows: int
    customers: int
    pairs: int
    agreement: Interval
    nodes: tuple[SeriesNode, ...] = ()
    edges: tuple[SeriesEdge, ...] = ()
    chosen: dict[str, int] = field(default_factory=dict)


def read_stability(mean: float) -> str:
    """What a segment's stability means, in words.

    >>> read_stability(0.91)
    'highly stable: drawn anew, the same customers form this segment again'
    """
    if mean >= HIGHLY_STABLE:
        return "highly stable: drawn anew, the same customers form this segment again"
    if mean >= STABLE:
        return "stable: drawn anew, the segment returns with most of its customers"
    if mean >= PATTERN:
        return "a pattern, with doubtful membership: the segment returns, but who is in it changes"
    return "do not trust it: drawn anew, these customers fall into other segments"


def advise(mean: float) -> tuple[str, str]:
    """The same for a marketer: how far to rely on the segment, and what that means for its use.

    >>> advise(0.7)
    ('Rely on the kind, not on the list', 'customers of this kind come up again, but about who belongs there is doubt')
    """
    if mean >= HIGHLY_STABLE:
        return "Dependable", "nearly the same customers come together again"
    if mean >= STABLE:
        return "Fairly dependable", "most of the same customers come together again"
    if mean >= PATTERN:
        return (
            "Rely on the kind, not on the list",
            "customers of this kind come up again, but about who belongs there is doubt",
        )
    return "Do not rely on it", "these customers fall into other segments"
