"""What to offer one customer: what comes after their last order, and what their segment buys that they have not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.baskets import Baskets, Level
from segmentry.baskets.items import item_columns
from segmentry.baskets.recommendations import times
from segmentry.baskets.results import EVERYONE
from segmentry.errors import SettingsError
from segmentry.profiles.wording import say_number
from segmentry.prototypes.assign import SEGMENT
from segmentry.purchases import Purchases, open_like
from segmentry.purchases import lines as ln
from segmentry.scoring.orders import from_log, readings_of
from segmentry.scoring.score import NAMES, score_table
from segmentry.segmentation import Segmentation, check_segmentation
from segmentry.tables import ReadingSettings, Table, asked_id, collect_rows, has_id, read

_LEVELS: tuple[Level, ...] = ("product", "category")


@dataclass(frozen=True)
class Offer:
    """An item that the customer has not bought, and why in words. `share` is of customers like them who bought it."""

    level: Level
    item: str
    name: str
    share: float
    reason: str


@dataclass(frozen=True)
class CustomerOffers:
    """One customer's segment, how many different items they have bought, and what to offer, the best first."""

    segment_id: str
    segment: str
    bought: int
    offers: tuple[Offer, ...]
    words: str


def recommend(
    segmentation: Segmentation,
    orders: Any,
    customer: str,
    *,
    customers: Any = None,
    most: int = 5,
    reading: ReadingSettings | None = None,
) -> CustomerOffers:
    """What to offer the customer with this id, whose orders are among `orders`, in a file or frame.

    First what surely follows the items of their last day of buying, then other items of theirs, then what is typical of
    their segment, then what was bought most in it; never what they have bought. `customers` is the table that the
    orders were joined to, where they were. Raises SettingsError where the segmentation knows no items, or `orders` has
    no such customer.

    >>> import segmentry as sg
    >>> from segmentry.samples import sample_marketing
    >>> recommend(sg.fit(sample_marketing(300, seed=0), k=3), "orders.csv", "17")
    Traceback (most recent call last):
    segmentry.errors.SettingsError: The segmentation does not know what customers buy. ...
    """
    check_segmentation(segmentation)
    baskets = segmentation.baskets
    recipe = segmentation.purchases
    if baskets is None or recipe is None or baskets.absent:
        raise SettingsError(
            "The segmentation does not know what customers buy.",
            found="a table of customers" if baskets is None else baskets.absent,
            remedy="Fit it from orders with a product or a category on each line.",
        )
    if recipe.joined and customers is None:
        raise SettingsError(
            "The segments rest on orders and on a table of customers.", remedy="Give both: --orders and --customers."
        )
    expected = readings_of(segmentation)
    stated = reading or ReadingSettings()
    log = _of_customer(read(orders, stated, expected), segmentation, customer)
    purchases = open_like(log, recipe)
    bought = _bought(purchases, customer)
    if not bought:
        raise SettingsError(
            "There are no orders of a customer with this id.",
            found=f"an id of {len(customer)} characters",
            remedy="Check --id; ids are compared as text.",
        )
    beside = None if customers is None else read(customers, stated.of_another_file(), expected)
    segment = _segment(segmentation, log, beside, customer)
    known = {s.id: s.name for s in segmentation.segments} | NAMES
    items = {(level, item) for level, item, _ in bought}
    offers = tuple(_new(baskets, segment, bought, items))[:most]
    return CustomerOffers(segment, known[segment], len(items), offers, _words(known[segment], len(items), offers))


def _of_customer(log: Table, segmentation: Segmentation, customer: str) -> Table:
    """The lines of the customer alone, so that nobody else's are worked out."""
    recipe = segmentation.purchases
    column = recipe.column("customer") if recipe is not None else None
    # Where an order says its customer on the first line only, the others are not known before they are filled in.
    if recipe is None or column is None or column not in log.names or ln.CUSTOMER in recipe.fill:
        return log
    return replace(log, frame=log.frame.filter(has_id(log, column, customer)))


def _bought(purchases: Purchases, customer: str) -> list[tuple[Level, str, bool]]:
    """Level and item of all that the customer bought, also after the as-of date, and whether on their last day."""
    counted = purchases.lines.filter(ln.counted(), nw.col(ln.CUSTOMER) == asked_id(customer), nw.col(ln.SALE))
    found: list[tuple[Level, str, bool]] = []
    for level, column in item_columns(purchases).items():
        own = counted.filter(~nw.col(column).is_null()).group_by(column).agg(nw.col(ln.DAY).max().alias("last"))
        rows = collect_rows(own)
        last = max((row["last"] for row in rows), default=None)
        found += [(level, str(row[column]), row["last"] == last) for row in rows]
    return sorted(found)


def _segment(segmentation: Segmentation, log: Table, beside: Table | None, customer: str) -> str:
    made = from_log(segmentation, log, beside)
    id_column = segmentation.recipe.id_column or ""
    scored = score_table(segmentation, made.table, count=False)
    own = has_id(made.table, id_column, customer)
    rows = collect_rows(scored.frame.filter(own).select(SEGMENT).head(1))
    if not rows:
        raise SettingsError(
            "The customer cannot be placed in a segment.",
            found="no order up to the model's as-of date, or no row in the table of customers",
            remedy="Fit again with newer orders.",
        )
    return str(rows[0][SEGMENT])


def _new(
    baskets: Baskets, segment: str, bought: list[tuple[Level, str, bool]], items: set[tuple[Level, str]]
) -> Iterator[Offer]:
    """Every item to offer, each once, the best first."""
    seen = set(items)
    for offer in chain(_next(baskets, segment, bought), _of_segment(baskets, segment)):
        if (offer.level, offer.item) not in seen:
            seen.add((offer.level, offer.item))
            yield offer


def _next(baskets: Baskets, segment: str, bought: list[tuple[Level, str, bool]]) -> Iterator[Offer]:
    latest = {(level, item): last for level, item, last in bought}
    pairs = [f for f in baskets.following if f.segment in (segment, EVERYONE) and (f.level, f.item) in latest]
    for f in sorted(pairs, key=lambda f: (not latest[f.level, f.item], _LEVELS.index(f.level), -f.lift.low, f.then)):
        held = "Their last order held" if latest[f.level, f.item] else "They have bought"
        reason = (
            f"{held} “{f.item_name}”; {say_number(f.share, 'share')} of those who bought it first had "
            f"“{f.then_name}” in the order after, {times(f.lift.value)} as many as after other items."
        )
        yield Offer(f.level, f.then, f.then_name, f.share, reason)


def _of_segment(baskets: Baskets, segment: str) -> Iterator[Offer]:
    """What the segment is typical for, then what was bought most in it."""
    typical = ((level, i, True) for level in _LEVELS for i in baskets.typical(segment, level))
    popular = ((level, i, False) for level in _LEVELS for i in baskets.of(segment, level))
    for level, i, is_typical in chain(typical, popular):
        own, all_of_them = say_number(i.share, "share"), say_number(i.everyone, "share")
        reason = (
            f"Typical of their segment: {own} of it bought it, {times(i.lift.value if i.lift else None)} the share of "
            "all customers."
            if is_typical
            else f"Bought by {own} of their segment (all customers {all_of_them})."
        )
        yield Offer(level, i.item, i.name, i.share, reason)


def _words(segment: str, bought: int, offers: tuple[Offer, ...]) -> str:
    items = "1 product or category" if bought == 1 else f"{bought} products and categories"
    if not offers:
        return f"In “{segment}”. They have bought {items}: all that is known of their segment. There is nothing to add."
    return f"In “{segment}”. They have bought {items}; offer first “{offers[0].name}”."
