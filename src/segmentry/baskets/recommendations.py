"""Lines for a campaign, from what the segments buy: to whom, what, and why in words."""

from __future__ import annotations

from collections.abc import Sequence

from segmentry.baskets.results import EVERYONE, Baskets, Item, Level, Next, Recommendation
from segmentry.profiles.wording import say_number
from segmentry.tables.masking import FEWEST_TOLD

OFFERS: dict[Level, int] = {"product": 5, "category": 3}  # most offers to a segment
LEVELS: tuple[Level, ...] = ("product", "category")
NEXTS = 5  # most next purchases told of for all customers, of each level
_NOT_TYPICAL = "Nothing is typical of this segment."


def recommend_to_segments(baskets: Baskets, segments: Sequence[str]) -> tuple[Recommendation, ...]:
    """Offers to each segment: what is typical of it, to those who have not bought it; where nothing is, what is bought
    most in it, unless all that is bought in it is bought by more of everyone.

    What follows what comes after them, of the segment, and of all customers at the end.
    """
    made: list[Recommendation] = []
    for segment in segments:
        offers = [_offer(i) for level in LEVELS for i in _to_offer(baskets, segment, level)[: OFFERS[level]]]
        has_typical = any(baskets.typical(segment, level) for level in LEVELS)
        made += offers or [_popular(i, has_typical) for level in LEVELS for i in _no_rarer(baskets, segment, level)[:1]]
        made += [_next(f) for f in baskets.following if f.segment == segment]
    for level in LEVELS:
        made += [_next(f) for f in baskets.following if f.segment == EVERYONE and f.level == level][:NEXTS]
    return tuple(made)


def _to_offer(baskets: Baskets, segment: str, level: Level) -> list[Item]:
    return [i for i in baskets.typical(segment, level) if _has_reach(i)]


def _no_rarer(baskets: Baskets, segment: str, level: Level) -> list[Item]:
    # Rarer in the segment than among everyone is a reason not to offer it, however many bought it.
    return [i for i in baskets.of(segment, level) if i.share >= i.everyone and _has_reach(i)]


def _has_reach(item: Item) -> bool:
    """Whether those who have not bought it are no mere few, whom the count would point at."""
    return item.buyers - item.customers >= FEWEST_TOLD


def times(value: float | None) -> str:
    """How often as often, in words.

    >>> times(2.14), times(None)
    ('2.1 times', 'many times')
    """
    return "many times" if value is None else f"{value:.2f} times" if value < 1.095 else f"{value:.1f} times"


def _offer(item: Item) -> Recommendation:
    lift = item.lift
    reach = item.buyers - item.customers
    assert lift is not None
    reason = (
        f"{say_number(item.share, 'share')} of the segment bought it, {times(lift.value)} the share of all customers "
        f"(at least {times(lift.low)}). {say_number(reach)} have not bought it yet."
    )
    return Recommendation(
        item.segment, "offer", item.level, item.item, item.name, reason, item.share, item.everyone, lift.value,
        lift.low, lift.high, reach,
    )  # fmt: skip


def _popular(item: Item, has_typical: bool) -> Recommendation:
    many = "products" if item.level == "product" else "categories"
    own, everyone = say_number(item.share, "share"), say_number(item.everyone, "share")
    first = "Nearly all of this segment have bought what is typical of it." if has_typical else _NOT_TYPICAL
    reason = (
        f"{first} Of the {many} that are no rarer in it than among all customers, and that {FEWEST_TOLD} or more of it "
        f"have not bought, this one was bought by most ({own}, all customers {everyone})."
    )
    if item.lift is not None and item.lift.is_sure and not (item.mix is not None and item.mix.is_sure):
        reason += " That its customers buy more of everything may be why."
    lift, reach = item.lift, item.buyers - item.customers
    return Recommendation(
        item.segment, "popular", item.level, item.item, item.name, reason, item.share, item.everyone,
        lift.value if lift else None, lift.low if lift else None, lift.high if lift else None, reach,
    )  # fmt: skip


def _next(found: Next) -> Recommendation:
    reason = (
        f"After “{found.item_name}”: {say_number(found.share, 'share')} of those who bought it and came back had "
        f"“{found.then_name}” in the next order, {times(found.lift.value)} as many as after other items "
        f"(at least {times(found.lift.low)})."
    )
    return Recommendation(
        found.segment, "next", found.level, found.then, found.then_name, reason, found.share, found.otherwise,
        found.lift.value, found.lift.low, found.lift.high, found.customers,
    )  # fmt: skip
