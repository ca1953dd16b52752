"""What to offer one customer: what comes after their last order, and what their segment buys that they have not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from segmentry.baskets import Baskets, Level
from segmentry.baskets.items import item_columns
from segmentry.baskets.recommendations import LEVELS, times
from segmentry.baskets.results import EVERYONE
from segmentry.errors import SettingsError, plural
from segmentry.profiles.wording import say_number
from segmentry.prototypes.assign import SEGMENT
from segmentry.purchases import Purchases, open_like
from segmentry.purchases import lines as ln
from segmentry.purchases.charges import charges_among, is_goods
from segmentry.purchases.lines import Lines
from segmentry.scoring.orders import from_log, readings_of
from segmentry.scoring.score import NAMES, score_table
from segmentry.segmentation import Segmentation, check_segmentation
from segmentry.tables import ReadingSettings, Table, asked_id, collect_rows, has_id, materialise, read


@dataclass(frozen=True)
class Offer:
    """An item that the customer has not bought, and why in words. `share` is of customers like them who bought it."""

    level: Level
    item: str
    name: str
    share: float
    reason: str


class _Own(NamedTuple):
    """An item that the customer bought: whether on their last day, and on how many lines."""

    level: Level
    item: str
    last: bool
    lines: int


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
    their segment, then what most customers bought of the category they buy most often, then what was bought most in
    their segment; never what they have bought. `customers` is the table that the
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
    lines = materialise(_lines_of(purchases, customer))
    bought = _bought(purchases, lines)
    if not bought:
        raise SettingsError(
            "There are no orders of a customer with this id.",
            found=f"an id of {plural(len(customer), 'character')}",
            remedy="Check --id; ids are compared as text.",
        )
    beside = None if customers is None else read(customers, stated.of_another_file(), expected)
    segment = _segment(segmentation, log, beside, customer)
    known = {s.id: s.name for s in segmentation.segments} | NAMES
    if segmentation.orders is not None and segmentation.orders.charges:  # a carrier sells what others charge for
        bought = _bought(purchases, lines.filter(is_goods(charges_among(lines, recipe))))
    items = {(own.level, own.item) for own in bought}
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


def _lines_of(purchases: Purchases, customer: str) -> Lines:
    """All that the customer bought, also after the as-of date."""
    return purchases.lines.filter(ln.counted(), nw.col(ln.CUSTOMER) == asked_id(customer), nw.col(ln.SALE))


def _bought(purchases: Purchases, lines: Lines) -> list[_Own]:
    found: list[_Own] = []
    for level, column in item_columns(purchases).items():
        named = lines.filter(~nw.col(column).is_null()).group_by(column)
        rows = collect_rows(named.agg(n=nw.len(), last=nw.col(ln.DAY).max()))
        last = max((row["last"] for row in rows), default=None)
        found += [_Own(level, str(row[column]), row["last"] == last, int(row["n"])) for row in rows]
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


def _new(baskets: Baskets, segment: str, bought: list[_Own], items: set[tuple[Level, str]]) -> Iterator[Offer]:
    """Every item to offer, each once, the best first."""
    seen = set(items)
    offers = (
        _next(baskets, segment, bought),
        _typical(baskets, segment),
        _of_favourite(baskets, bought),
        _popular(baskets, segment),
    )
    for offer in chain(*offers):
        if (offer.level, offer.item) not in seen:
            seen.add((offer.level, offer.item))
            yield offer


def _next(baskets: Baskets, segment: str, bought: list[_Own]) -> Iterator[Offer]:
    latest = {(own.level, own.item): own.last for own in bought}
    pairs = [f for f in baskets.following if f.segment in (segment, EVERYONE) and (f.level, f.item) in latest]
    for f in sorted(pairs, key=lambda f: (not latest[f.level, f.item], LEVELS.index(f.level), -f.lift.low, f.then)):
        held = "Their last order held" if latest[f.level, f.item] else "They have bought"
        reason = (
            f"{held} “{f.item_name}”; {say_number(f.share, 'share')} of those who bought it first had "
            f"“{f.then_name}” in the order after, {times(f.lift.value)} as many as after other items."
        )
        yield Offer(f.level, f.then, f.then_name, f.share, reason)


def _typical(baskets: Baskets, segment: str) -> Iterator[Offer]:
    for level in LEVELS:
        for i in baskets.typical(segment, level):
            often = times(i.lift.value if i.lift else None)
            share = say_number(i.share, "share")
            reason = f"Typical of their segment: {share} of it bought it, {often} the share of all customers."
            yield Offer(level, i.item, i.name, i.share, reason)


def _of_favourite(baskets: Baskets, bought: list[_Own]) -> Iterator[Offer]:
    """What most customers bought of the category that is on most of the customer's lines."""
    known = {p.category for p in baskets.popular}
    own = [o for o in bought if o.level == "category"]
    favourite = min(own, key=lambda o: (-o.lines, o.item), default=None)
    if favourite is None or favourite.item not in known:
        return
    for p in baskets.popular:
        if p.category == favourite.item:
            share = say_number(p.share, "share")
            reason = f"Of “{p.category}”, which they bought most often; {share} of all customers bought it."
            yield Offer("product", p.item, p.name, p.share, reason)


def _popular(baskets: Baskets, segment: str) -> Iterator[Offer]:
    """What was bought most in the segment."""
    for level in LEVELS:
        for i in baskets.of(segment, level):
            own, everyone = say_number(i.share, "share"), say_number(i.everyone, "share")
            yield Offer(level, i.item, i.name, i.share, f"Bought by {own} of their segment (all customers {everyone}).")


def _words(segment: str, bought: int, offers: tuple[Offer, ...]) -> str:
    items = "1 product or category" if bought == 1 else f"{bought} products and categories"
    if not offers:
        return f"In “{segment}”. They have bought {items}: all that is known of their segment. There is nothing to add."
    return f"In “{segment}”. They have bought {items}; offer first “{offers[0].name}”."
