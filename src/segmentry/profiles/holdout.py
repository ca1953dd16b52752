"""What a model of purchases foresaw beside what happened, as a value. How it is computed is left to `value`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from segmentry.tables import Frame, result_frame


@dataclass(frozen=True)
class HoldoutBin:
    """Customers who had bought again equally often: what they were expected to buy next, and did."""

    repeats: int
    and_more: bool
    customers: int
    expected: float  # mean purchases a customer in the holdout
    actual: float


@dataclass(frozen=True)
class HoldoutPoint:
    """Repeat purchases of all customers from the first day up to this time."""

    time: float
    expected: float
    actual: float


@dataclass(frozen=True)
class Holdout:
    """Predicted beside actual repeat purchases, by frequency before the as-of date and summed over time."""

    bins: tuple[HoldoutBin, ...]
    track: tuple[HoldoutPoint, ...]
    starts: float  # time of the as-of date, from the first day
    horizon: float  # length of the holdout
    time_unit: str
    expected_total: float  # purchases in the holdout
    actual_total: float
    cut: date | None = None  # the as-of date, up to which the model was learned

    @property
    def error(self) -> float | None:
        """How far the predicted total is from the actual one, as a share of it; None where nothing was bought."""
        return self.expected_total / self.actual_total - 1.0 if self.actual_total else None

    def frame(self) -> Frame:
        """The bins as a Polars frame, a row each."""
        return result_frame([asdict(b) for b in self.bins])

    def track_frame(self) -> Frame:
        """The points in time as a Polars frame, a row each."""
        return result_frame([asdict(p) for p in self.track])
