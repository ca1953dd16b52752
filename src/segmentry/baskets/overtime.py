"""When customers buy: cohorts by first purchase, who is new, comes again, lapses and comes back, revenue by segment.

One query gives a row per customer and period; everything else is counted from groups of those.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.baskets.periods import grain_for, label, last_day, number, number_of
from segmentry.baskets.placed import SEGMENT, Frame
from segmentry.baskets.results import CohortCell, Grain, OverTime, Period, SegmentPeriod
from segmentry.purchases import Purchases
from segmentry.purchases import lines as ln
from segmentry.tables import collect_rows, materialise
from segmentry.tables.masking import FEWEST_TOLD

MOST_RETURNS = 0.9  # share of all returns that come before a customer counts as lapsed
_PERIOD = "period"
_NEVER = -1


def study_time(purchases: Purchases, placed: Frame, segments: Sequence[str]) -> OverTime:
    """Cohorts, comings and goings, and revenue by segment, of the customers in `placed` who bought.

    `placed` has a row per customer with their `segment`; only those in `segments` are told of by segment.

    >>> import polars as pl
    >>> from segmentry.purchases import open_log
    >>> from segmentry.tables import read
    >>> log = pl.DataFrame({"client": [f"c{i % 20}" for i in range(40)], "amount": ["5.00"] * 40,
    ...                     "date": ["2026-01-15"] * 20 + ["2026-03-31"] * 20})
    >>> everyone = pl.LazyFrame({"customer": [f"c{i}" for i in range(20)], "segment": ["s1"] * 20})
    >>> found = study_time(open_log(read(log)), nw.from_native(everyone), ["s1"])
    >>> [(p.new, p.repeating) for p in found.periods]
    [(20, 0), (0, 0), (0, 20)]
    """
    begin, end = purchases.account.first_day or purchases.as_of, purchases.as_of
    grain = grain_for(begin, end)
    active, money = _counted(purchases, placed, grain)
    first, last = number(begin, grain), number(end, grain)
    span = range(first, last + 1)
    partial = None if last_day(last, grain) == end else last
    lapse = _lapse(active, len(span))
    sizes, cells = _cohorts(active, last if partial is None else last - 1)
    return OverTime(
        grain=grain,
        labels={str(p): label(p, grain) for p in span},
        sizes=sizes,
        cells=cells,
        periods=_periods(active, span, lapse, partial),
        by_segment=_by_segment(money, span, segments, purchases.recipe.places),
        lapse=lapse,
        symbol=purchases.recipe.symbol,
        partial=partial,
        absent="" if len(span) > 1 else "The orders lie within a single week.",
    )


def _counted(purchases: Purchases, placed: Frame, grain: Grain) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Customers by first, previous and this period, and whether it is their last; money by segment and period."""
    marked = purchases.used.select(
        ln.CUSTOMER,
        number_of(nw.col(ln.DAY), grain).alias(_PERIOD),
        nw.when(nw.col(ln.SALE)).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias("bought"),
        (nw.col(ln.SOLD) - nw.col(ln.RETURNED)).alias("money"),
    )
    grouped = materialise(marked.group_by(ln.CUSTOMER, _PERIOD).agg(nw.col("bought").max(), nw.col("money").sum()))
    known = materialise(grouped.join(placed, on=ln.CUSTOMER, how="inner"))
    money = known.group_by(SEGMENT, _PERIOD).agg(n=nw.col("bought").sum(), money=nw.col("money").sum())
    own = nw.col(_PERIOD)
    days = known.filter(nw.col("bought") > 0).with_columns(
        previous=own.shift(1).over(ln.CUSTOMER, order_by=_PERIOD).fill_null(_NEVER),
        first=own.min().over(ln.CUSTOMER),
        final=own.max().over(ln.CUSTOMER),
    )
    final = nw.when(own == nw.col("final")).then(nw.lit(1)).otherwise(nw.lit(0)).alias("final")
    active = days.with_columns(final).group_by("first", "previous", _PERIOD, "final").agg(n=nw.len())
    return collect_rows(active), collect_rows(money)


def _lapse(active: Sequence[Mapping[str, Any]], periods: int) -> int:
    """The fewest periods within which nine in ten of all returns come."""
    gaps: Counter[int] = Counter()
    for row in active:
        if row["previous"] != _NEVER:
            gaps[row[_PERIOD] - row["previous"]] += int(row["n"])
    wanted, seen = math.ceil(MOST_RETURNS * gaps.total()), 0
    for gap in sorted(gaps):
        seen += gaps[gap]
        if seen >= wanted:
            return gap
    # Nobody came back: whoever has not within the time of the log is as gone as can be told.
    return max(periods - 1, 1)


def _cohorts(active: Sequence[Mapping[str, Any]], end: int) -> tuple[dict[str, int], tuple[CohortCell, ...]]:
    sizes: Counter[int] = Counter()
    bought: Counter[tuple[int, int]] = Counter()
    for row in active:
        first, period, n = int(row["first"]), int(row[_PERIOD]), int(row["n"])
        bought[first, period - first] += n
        if period == first:
            sizes[first] += n
    told = {cohort: n for cohort, n in sorted(sizes.items()) if n >= FEWEST_TOLD and cohort <= end}
    cells = [
        CohortCell(cohort, after, _told(bought[cohort, after]))
        for cohort in told
        for after in range(end - cohort + 1)
    ]  # fmt: skip
    return {str(cohort): n for cohort, n in told.items()}, tuple(cells)


def _periods(active: Sequence[Mapping[str, Any]], span: range, lapse: int, partial: int | None) -> tuple[Period, ...]:
    new, repeating, back, lapsed = (Counter[int]() for _ in range(4))
    for row in active:
        period, previous, n = int(row[_PERIOD]), int(row["previous"]), int(row["n"])
        if previous == _NEVER:
            new[period] += n
        elif period - previous <= lapse:
            repeating[period] += n
        else:
            back[period] += n
            lapsed[previous + lapse] += n
        if row["final"]:
            lapsed[period + lapse] += n
    return tuple(
        Period(p, _told(new[p]), _told(repeating[p]), _told(back[p]), None if p == partial else _told(lapsed[p]))
        for p in span
    )


def _by_segment(
    money: Sequence[Mapping[str, Any]], span: range, segments: Sequence[str], places: int
) -> tuple[SegmentPeriod, ...]:
    found = {(str(row[SEGMENT]), int(row[_PERIOD])): row for row in money}
    told = []
    for segment in segments:
        for period in span:
            row = found.get((segment, period))
            n = int(row["n"]) if row else 0
            revenue = float(row["money"]) / 10.0**places if row and n >= FEWEST_TOLD else None
            told.append(SegmentPeriod(segment, period, _told(n), revenue))
    return tuple(told)


def _told(n: int) -> int | None:
    """A count as it may be told: of nobody, or of enough customers that nobody is known by it."""
    return n if n == 0 or n >= FEWEST_TOLD else None
