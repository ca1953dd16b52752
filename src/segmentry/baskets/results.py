"""What was found in the orders, as values: figures of groups of customers, each with what it rests on.

A figure that would rest on fewer than ten customers is None or left out. How they are found is left to the queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from segmentry.tables import Frame, result_frame

SUPPORT = 30  # customers of the whole shop who must have bought an item before it is compared
SURE = 0.95  # chance that all intervals of one list hold what they are about, together

WORTH = 1.2  # times as often as everyone from which on a difference is worth telling, however sure it is

EVERYONE = "all"  # in place of a segment's id, for what holds of all customers

Level = Literal["product", "category"]
Grain = Literal["week", "month", "quarter", "year"]


@dataclass(frozen=True)
class Ratio:
    """How often as often as everyone, with an interval that is corrected for the number of items compared."""

    value: float
    low: float
    high: float | None  # None where nothing bounds it

    @property
    def is_sure(self) -> bool:
        """Whether it is above 1 whatever chance did."""
        return self.low > 1.0

    @property
    def is_more(self) -> bool:
        """Whether it is surely above 1, and by so much that it is worth telling."""
        return self.is_sure and self.value >= WORTH


@dataclass(frozen=True)
class Item:
    """A product or category in one segment.

    `customers` of the `buyers` in the segment bought it: `share`, beside `everyone`, the share of all customers. `lift`
    is the one by the other. `mix` is the same for order lines, the share of what they buy that is this item: it tells
    taste from buying more of everything. `first` customers had it in their first order: `first_share`, `first_lift`.
    """

    segment: str
    level: Level
    item: str
    name: str
    customers: int
    buyers: int
    share: float
    everyone: float
    lift: Ratio | None
    mix: Ratio | None
    first: int | None
    first_share: float | None
    first_everyone: float | None
    first_lift: Ratio | None

    @property
    def is_typical(self) -> bool:
        """Bought by more of the segment than of everyone, and by more than buying much of everything accounts for."""
        # The mix of a segment that buys most of everything is near that of everyone, so that sure must be enough.
        return self.lift is not None and self.mix is not None and self.lift.is_more and self.mix.is_sure

    @property
    def starts(self) -> bool:
        """In the first order of more of the segment than of everyone."""
        return self.first_lift is not None and self.first_lift.is_more


@dataclass(frozen=True)
class Next:
    """Of `customers` who bought `item` and came back, the `share` whose next order held `then`.

    `otherwise` is the share after other items; `lift` the one by the other. `segment` is "all" for all customers.
    """

    segment: str
    level: Level
    item: str
    then: str
    item_name: str
    then_name: str
    customers: int
    share: float
    otherwise: float
    lift: Ratio


@dataclass(frozen=True)
class Popular:
    """A product among those of its category that most customers bought: `customers`, a `share` of all buyers."""

    category: str
    item: str
    name: str
    customers: int
    share: float


@dataclass(frozen=True)
class Recommendation:
    """A line for a campaign: to whom, what, and why in words. `kind` is "offer", "next" or "popular".

    `reach` are the customers it is for: of an offer those of the segment who have not bought the item yet, of a next
    purchase those who bought the item before it.
    """

    segment: str
    kind: Literal["offer", "next", "popular"]
    level: Level
    item: str
    name: str
    reason: str
    share: float
    compared: float
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    reach: int


@dataclass(frozen=True)
class Baskets:
    """What each segment buys. `items` are those that are typical of a segment, start it off, or are bought most in it.

    `compared` counts the items of each level that had enough customers, `seen` all of them. `absent` says why there is
    nothing where there is nothing. `breadth` is the mean number of different items a customer of the segment bought.
    `popular` are the products of each of the largest categories that most customers bought.
    """

    items: tuple[Item, ...] = ()
    following: tuple[Next, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    seen: dict[str, int] | None = None
    compared: dict[str, int] | None = None
    breadth: dict[str, float] | None = None
    absent: str = ""
    popular: tuple[Popular, ...] = ()

    def of(self, segment: str, level: Level) -> tuple[Item, ...]:
        """The items kept of a segment, those most bought first."""
        found = [i for i in self.items if i.segment == segment and i.level == level]
        return tuple(sorted(found, key=lambda i: (-i.customers, i.item)))

    def typical(self, segment: str, level: Level) -> tuple[Item, ...]:
        """The items typical of a segment, the surest first: ranked by the lower end of the lift's interval."""
        found = [i for i in self.of(segment, level) if i.is_typical]
        return tuple(sorted(found, key=lambda i: (-(i.lift.low if i.lift else 0.0), i.item)))

    def frame(self) -> Frame:
        """The items as a Polars frame, a row per segment and item."""
        return _frame(self.items)

    def following_frame(self) -> Frame:
        """What follows what, as a Polars frame, a row per pair."""
        return _frame(self.following)

    def recommendations_frame(self) -> Frame:
        """The recommendations as a Polars frame, a row each."""
        return _frame(self.recommendations)


@dataclass(frozen=True)
class CohortCell:
    """Customers of a cohort who bought in the period this long after their first; None for fewer than ten."""

    cohort: int
    after: int
    customers: int | None


@dataclass(frozen=True)
class Period:
    """Customers of one period. `new` bought for the first time; `repeating` had bought in one of the periods just
    before; `back` came back after they counted as lapsed; `lapsed` reached that many periods without a purchase in this
    one. None for fewer than ten, and for the lapsed of a period that is not over."""

    period: int
    new: int | None
    repeating: int | None
    back: int | None
    lapsed: int | None


@dataclass(frozen=True)
class SegmentPeriod:
    """What a segment bought in a period: customers and money, sold less returned; None for fewer than ten customers."""

    segment: str
    period: int
    customers: int | None
    revenue: float | None


@dataclass(frozen=True)
class OverTime:
    """Cohorts by the period of the first purchase, customers' comings and goings, and revenue by segment.

    Periods are numbered; `labels` names each. `lapse` is the number of periods without a purchase after which a
    customer counts as lapsed: nine in ten of those who come back do so before. `partial` is the last period where it is
    not over on the as-of date, else None.
    """

    grain: Grain
    labels: dict[str, str]
    sizes: dict[str, int]  # customers by cohort, of those with ten or more
    cells: tuple[CohortCell, ...]
    periods: tuple[Period, ...]
    by_segment: tuple[SegmentPeriod, ...]
    lapse: int
    symbol: str = ""
    partial: int | None = None
    absent: str = ""

    def label(self, period: int) -> str:
        return self.labels[str(period)]

    def retention(self, cohort: int, after: int) -> float | None:
        """The share of a cohort that bought so many periods after its first; None where that is not told."""
        found = next((c.customers for c in self.cells if c.cohort == cohort and c.after == after), None)
        size = self.sizes.get(str(cohort))
        return None if found is None or not size else found / size

    def frame(self) -> Frame:
        """The cohorts as a Polars frame: `cohort`, `after` (periods), `customers`, `share` of the cohort."""
        rows = [asdict(c) | {"share": self.retention(c.cohort, c.after)} for c in self.cells]
        return result_frame([row | {"cohort": self.label(int(row["cohort"]))} for row in rows])

    def periods_frame(self) -> Frame:
        """Comings and goings as a Polars frame, a row per period."""
        return result_frame([asdict(p) | {"period": self.label(p.period)} for p in self.periods])

    def revenue_frame(self) -> Frame:
        """Customers and revenue as a Polars frame, a row per segment and period."""
        return result_frame([asdict(p) | {"period": self.label(p.period)} for p in self.by_segment])


def _frame(values: Iterable[Any]) -> Frame:
    return result_frame([_flat(asdict(value)) for value in values])


def _flat(row: Mapping[str, Any]) -> dict[str, object]:
    """Ratios as three columns each: `lift`, `lift_low`, `lift_high`."""
    flat: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {name: value["value"], f"{name}_low": value["low"], f"{name}_high": value["high"]}
        else:
            flat[name] = value
    return flat
