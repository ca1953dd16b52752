"""Methods side by side: how well each groups the same customers, how far they agree, and which to take."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from segmentry.tables import Frame, result_frame
from segmentry.tables.masking import FEWEST_TOLD

STEADY = 0.05  # difference in stability that is worth a worse silhouette
APART = 0.02  # difference in silhouette that is worth a less plain method
MOST_NOISE = 0.2  # share of customers in no segment beyond which a grouping is not recommended


@dataclass(frozen=True)
class Compared:
    """One grouping of the customers compared. What could not be computed is None.

    `moved` is the share of customers whom the scoring rule places elsewhere than the method did; `stability` the mean
    adjusted Rand index of fits on pairs of bootstrap samples.
    """

    name: str
    k: int
    silhouette: float | None
    calinski_harabasz: float | None
    davies_bouldin: float | None
    stability: float | None
    moved: float | None
    noise: float
    sizes: tuple[int, ...]
    existing: bool = False  # a column of the table, or an RFM grid: nothing that a method found


@dataclass(frozen=True)
class Comparison:
    """Every grouping that was compared, the agreement of each pair of them, and the one to take."""

    methods: tuple[Compared, ...]
    agreement: tuple[tuple[float, ...], ...]  # adjusted Rand index, in the order of `methods`
    recommended: str | None
    reason: str
    n_compared: int  # customers that it rests on
    n_customers: int
    seconds: dict[str, float] = field(default_factory=dict, compare=False)  # by method

    def frame(self) -> Frame:
        """A row a method: quality, stability, sizes, and the time it took."""
        return result_frame(
            [asdict(m) | {"sizes": list(m.sizes), "seconds": self.seconds.get(m.name)} for m in self.methods]
        )

    def agreement_frame(self) -> Frame:
        """The adjusted Rand index of each pair: 1 is the same grouping, 0 what chance would give."""
        names = [m.name for m in self.methods]
        return result_frame(
            [{"method": n} | dict(zip(names, row, strict=True)) for n, row in zip(names, self.agreement, strict=True)]
        )

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(m.name for m in self.methods)}: {self.reason}>"


def recommend(methods: tuple[Compared, ...]) -> tuple[str | None, str]:
    """The name of the method to take, and why. Columns of the table, and RFM grids, are compared
    and not recommended: a table made beforehand is always steady, and says nothing of the customers.

    Of those that group nearly everyone, the steadiest; of those about as steady, the best separated; of those about
    as well separated, the plainest.
    """
    able = [m for m in methods if not m.existing and m.k > 1 and m.noise <= MOST_NOISE and min(m.sizes) >= FEWEST_TOLD]
    able = [m for m in able if m.stability is not None and m.silhouette is not None]
    if not able:
        return None, (
            f"No method finds groups that hold at least {FEWEST_TOLD} customers each and nearly everyone together."
        )
    steadiest = max(m.stability or 0.0 for m in able)
    steady = [m for m in able if (m.stability or 0.0) >= steadiest - STEADY]
    separated = max(m.silhouette or -1.0 for m in steady)
    best = next(m for m in steady if (m.silhouette or -1.0) >= separated - APART)  # methods go from plain to intricate
    figures = f"stability {best.stability:.2f}, silhouette {best.silhouette:.2f}"
    if len(able) == 1:
        return best.name, f"{best.name} is the one that groups nearly everyone ({figures})."
    if len(steady) == 1:
        return (
            best.name,
            f"{best.name} finds the same segments again most surely when customers are drawn anew ({figures}).",
        )
    return best.name, (
        f"{best.name} is the plainest of the {len(steady)} steadiest whose segments are best separated ({figures})."
    )
