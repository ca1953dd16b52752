"""What customers buy next: after their first purchase of an item, what the order on their next day of buying held.

One event a customer and item, so that customers who buy often do not count more than others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals.stable.v2 as nw

from segmentry.baskets.items import ITEM
from segmentry.baskets.placed import SEGMENT, Frame, of_some
from segmentry.baskets.ratios import Share, deviate, ratio
from segmentry.baskets.results import EVERYONE, Level, Next
from segmentry.purchases import Purchases
from segmentry.purchases import lines as ln
from segmentry.purchases.summary import purchase_days
from segmentry.tables import collect_rows, materialise, ordinal
from segmentry.tables.masking import FEWEST_TOLD

MOST_ITEMS = 40  # items, those bought by most customers, that are followed
MOST_CUSTOMERS = 30_000  # customers that are followed; of more, evenly drawn ones
MOST_PAIRS = 15  # pairs kept of all customers
MOST_OF_SEGMENT = 3  # pairs kept of each segment
_DAY, _NEXT, _THEN = "o", "next", "then"
Counts = Mapping[str, Mapping[tuple[str, str], int]]


def purchase_days_of(purchases: Purchases, placed: Frame) -> Frame:
    """The days on which each of the followed customers bought, and the day of buying after each; in memory."""
    days = materialise(purchase_days(of_some(purchases.used, placed, MOST_CUSTOMERS)).select(ln.CUSTOMER, _DAY))
    later = nw.col(_DAY).shift(-1).over(ln.CUSTOMER, order_by=_DAY).alias(_NEXT)
    return materialise(days.with_columns(later).filter(~nw.col(_NEXT).is_null()))


def study_following(
    bought: Frame, days: Frame, placed: Frame, level: Level, ranked: Sequence[str], segments: Sequence[str]
) -> list[Next]:
    """The pairs of which it is sure that the second follows the first more often than it follows other items.

    `ranked` are the items, those bought by most first; names are left to be filled in.
    """
    watched = sorted(ranked[:MOST_ITEMS])
    if len(watched) < 2:
        return []
    some = of_some(bought.filter(nw.col(ITEM).is_in(watched)), placed, MOST_CUSTOMERS)
    held = materialise(some.select(ln.CUSTOMER, ITEM, ordinal(nw.col(ln.DAY)).alias(_DAY)).unique())
    first = held.group_by(ln.CUSTOMER, ITEM).agg(nw.col(_DAY).min())
    # Each first purchase of an item with the day that came after it, and then with what was bought on that day.
    events = first.join(days, on=[ln.CUSTOMER, _DAY], how="inner").join(placed, on=ln.CUSTOMER, how="inner")
    events = materialise(events.select(ln.CUSTOMER, SEGMENT, ITEM, _NEXT))
    pairs = events.join(held.rename({ITEM: _THEN, _DAY: _NEXT}), on=[ln.CUSTOMER, _NEXT], how="inner")
    came_back, followed = _counts(events, [ITEM]), _counts(pairs, [ITEM, _THEN])
    lists = len(segments) + 1
    found = _sure(EVERYONE, level, _whole(came_back, segments), _whole(followed, segments), lists)[:MOST_PAIRS]
    for segment in segments:
        own = _sure(segment, level, came_back.get(segment, {}), followed.get(segment, {}), lists)
        found += own[:MOST_OF_SEGMENT]
    return found


def _counts(rows: Frame, by: Sequence[str]) -> Counts:
    counted: dict[str, dict[tuple[str, str], int]] = {}
    for row in collect_rows(rows.group_by(SEGMENT, *by).agg(n=nw.len())):
        counted.setdefault(str(row[SEGMENT]), {})[str(row[by[0]]), str(row[by[-1]])] = int(row["n"])
    return counted


def _whole(counts: Counts, segments: Sequence[str]) -> dict[tuple[str, str], int]:
    total: dict[tuple[str, str], int] = {}
    for segment in segments:
        for pair, n in counts.get(segment, {}).items():
            total[pair] = total.get(pair, 0) + n
    return total


def _sure(
    segment: str,
    level: Level,
    came_back: Mapping[tuple[str, str], int],
    followed: Mapping[tuple[str, str], int],
    lists: int,
) -> list[Next]:
    """Pairs whose lift is above 1 whatever chance did, the surest first. An item that follows itself is none."""
    events = {item: n for (item, _), n in came_back.items()}
    all_events = sum(events.values())
    ends: dict[str, int] = {}
    for (_, then), n in followed.items():
        ends[then] = ends.get(then, 0) + n
    # For every pair, of all customers and of each segment, so that all the intervals hold together.
    z = deviate(len(events) * max(len(events) - 1, 1) * lists)
    found = []
    for (item, then), n in followed.items():
        if item == then or n < FEWEST_TOLD:
            continue
        # Others are all events after neither of the two: an item follows itself by habit.
        others = all_events - events[item] - events.get(then, 0)
        held = ends[then] - n - followed.get((then, then), 0)
        if others < FEWEST_TOLD:
            continue
        own, other = Share(n, events[item]), Share(held, others)
        lift = ratio(own, other, z)
        if lift.is_more and held:
            found.append(
                Next(segment, level, item, then, item, then, events[item], own.value, other.value, lift)
            )  # fmt: skip
    return sorted(found, key=lambda f: (-f.lift.low, f.item, f.then))
