"""What a purchase log says of each customer, as one lazy query, and what each of its columns means.

Every figure is a sum, a count or a first and last day of whole numbers, divided at the end, so that engines, threads
and row order cannot change a digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from segmentry.errors import plural
from segmentry.features.customers import MadeColumn
from segmentry.features.derive import label, slug
from segmentry.features.feature import Feature, Operation, Theme, Unit
from segmentry.features.role_rules import Role
from segmentry.purchases import lines as ln
from segmentry.purchases.lines import Lines
from segmentry.purchases.recipe import PurchaseRecipe
from segmentry.purchases.summary import purchase_days, with_previous

EVENING = 18  # the hour that an evening begins at
_FIRST_OF_WEEKEND = 5  # Monday is 0


@dataclass(frozen=True)
class _Made:
    """A column that the log gives each customer, and how it follows from sums by customer."""

    column: MadeColumn
    value: nw.Expr


def purchase_features(recipe: PurchaseRecipe) -> tuple[MadeColumn, ...]:
    """The columns that the log of this recipe gives each customer, in the order they are written.

    A feature is there where the log has the columns it needs.
    """
    return tuple(made.column for made in _made_columns(recipe))


def _made_columns(recipe: PurchaseRecipe) -> Iterator[_Made]:
    yield from _history(recipe)
    yield from _baskets(recipe)
    yield from _mix(recipe)
    yield from _habits(recipe)


def _history(recipe: PurchaseRecipe) -> Iterator[_Made]:
    """What every log tells: how lately, how often, how much and how regularly."""
    as_of, end = recipe.as_of, nw.lit(float(recipe.as_of.toordinal()))
    sold, returned, units = nw.col(ln.SOLD), nw.col(ln.RETURNED), nw.col(ln.UNITS)
    orders, days = nw.col("orders").cast(nw.Float64), nw.col("n_days").cast(nw.Float64)
    first, last = nw.col("first").cast(nw.Float64), nw.col("last").cast(nw.Float64)
    recent, earlier = nw.col("recent"), nw.col("earlier")
    counted = "order numbers" if recipe.column("order") else "days with a purchase"
    money = recipe.symbol

    how = f"days from the last purchase to {as_of}"
    yield _made("recency_days", "days", "recency", "recency_days", how, end - last)
    yield _made("n_orders", "count", "frequency", "purchases_total", f"different {counted}", orders, said="Orders")
    value = (sold - returned) / units
    yield _made("spend_total", "money", "spend", "spend_total", "sold less returned", value, symbol=money)
    how, value = "sold by order, before returns", _by(sold, orders * units)
    yield _made("average_order_value", "money", "order_value", "order_value", how, value, symbol=money)
    how = f"days from the first purchase to {as_of}"
    yield _made("tenure_days", "days", "tenure", "tenure", how, end - first, said="Days since first purchase")
    how, value = "mean days from one day with a purchase to the next", _by(last - first, days - 1.0)
    yield _made("days_between_orders", "days", "rhythm", "number", how, value)
    how, value = "their standard deviation, of three days or more", _spread(nw.col("gap2"), last - first, days - 1.0)
    yield _made("days_between_spread", "days", "rhythm", "number", how, value, said="Spread of days between orders")
    how = (
        f"days with a purchase in the last {plural(recipe.trend_days, 'day')} beside those in as many before: "
        "from -1 (all of them earlier) to 1 (all recent)"
    )
    value = _by(recent - earlier, recent + earlier)
    yield _made("trend", "number", "trend", "number", how, value, said="Trend of purchases")


def _baskets(recipe: PurchaseRecipe) -> Iterator[_Made]:
    """What an order holds."""
    if recipe.column("quantity"):
        value = _by(nw.col(ln.ITEMS), nw.col("orders").cast(nw.Float64))
        yield _made("items_per_order", "count", "basket", "items", "items sold by order", value)
    if recipe.column("product"):
        how, value = "different products bought", nw.col("n_products").cast(nw.Float64)
        yield _made("n_products", "count", "variety", "count", how, value, said="Different products")


def _mix(recipe: PurchaseRecipe) -> Iterator[_Made]:
    """What the money goes to, and by which way."""
    sold = nw.col(ln.SOLD)
    for name, level, value in _shares("spend_share_", ln.CATEGORY, recipe.categories):
        how = f"share of what was sold that is '{level}'"
        yield _made(name, "share", "spend_mix", "rate", how, value, said=f"Share of spend: {level}")
    if recipe.categories:
        how, value = "the category most was spent on", _favourite(ln.CATEGORY, recipe.categories, sold)
        yield _made("favourite_category", "category", "category", "category", how, value)
    for name, level, value in _shares("channel_share_", ln.CHANNEL, recipe.channels):
        how = f"share of what was sold that was bought by '{level}'"
        yield _made(name, "share", "channel", "rate", how, value, said=f"Share by channel: {level}")
    if recipe.channels:
        how, value = "the channel most was spent by", _favourite(ln.CHANNEL, recipe.channels, sold)
        yield _made("favourite_channel", "category", "category", "category", how, value)


def _habits(recipe: PurchaseRecipe) -> Iterator[_Made]:
    """At what price and when they buy, and what they send back."""
    sold, days = nw.col(ln.SOLD), nw.col("n_days").cast(nw.Float64)
    if recipe.column("discount"):
        how, value = "share of what was sold that was discounted", _by(nw.col(ln.DISCOUNTED), sold)
        yield _made("discount_share", "share", "deals", "rate", how, value, said="Share bought at a discount")
    if recipe.has_returns:
        how, value = "returned or refunded money by money sold", _by(nw.col(ln.RETURNED), sold)
        yield _made("return_rate", "share", "returns", "rate", how, value, said="Share returned")
    how, value = "share of days with a purchase that are a weekend's", _by(nw.col("weekend"), days)
    yield _made("weekend_share", "share", "habits", "rate", how, value, said="Share on weekends")
    if recipe.has_hours:
        how, value = f"share of lines bought from {EVENING}:00 on", _by(nw.col("evening"), nw.col("timed"))
        yield _made("evening_share", "share", "habits", "rate", how, value, said="Share in the evening")


def _made(
    name: str, unit: Unit, theme: Theme, role: Role, how: str, value: nw.Expr, *, said: str = "", symbol: str = ""
) -> _Made:
    """`said` is the feature's label, where it is not the one that such a column has anyway."""
    operation: Operation = "category" if unit == "category" else "column"
    feature = Feature(name, said or label(name), unit, theme, operation, (name,), symbol=symbol)
    return _Made(MadeColumn(feature, role, how), value)


def _shares(prefix: str, column: str, levels: Sequence[str]) -> Iterator[tuple[str, str, nw.Expr]]:
    """The name, the level and the share of what was sold of each level."""
    for place, (name, level) in enumerate(_named(prefix, levels)):
        yield name, level, _by(nw.col(f"{column} {place}"), nw.col(ln.SOLD))


def _named(prefix: str, levels: Sequence[str]) -> list[tuple[str, str]]:
    """A name for the share of each level; levels that would share one are numbered."""
    taken: dict[str, str] = {}
    for level in levels:
        name, number = prefix + slug(level), 2
        while name in taken:
            name, number = f"{prefix}{slug(level)}_{number}", number + 1
        taken[name] = level
    return list(taken.items())


def customer_rows(used: Lines, recipe: PurchaseRecipe) -> Lines:
    """One row per customer: `customer`, then the columns of `purchase_features`; rows in no order."""
    sums = _sums_by_customer(used, recipe)
    days = _days_by_customer(used, recipe)
    both = sums.join(days, on=ln.CUSTOMER, how="left").with_columns(
        n_days=nw.col("n_days").fill_null(0).cast(nw.Int64), **ln.units(recipe)
    )
    orders = nw.col("n_numbers") if recipe.column("order") else nw.col("n_days")
    # In steps: in one, an engine would work out the number of orders at each of its mentions.
    made = [m.value.alias(m.column.feature.name) for m in _made_columns(recipe)]
    return both.with_columns(orders=orders.cast(nw.Int64)).select(nw.col(ln.CUSTOMER), *made)


def _sums_by_customer(used: Lines, recipe: PurchaseRecipe) -> Lines:
    sale, sold = nw.col(ln.SALE), nw.col(ln.SOLD)
    own: dict[str, nw.Expr] = {c: nw.col(c) for c in (ln.CUSTOMER, ln.SOLD, ln.RETURNED)}
    sums = {c: nw.col(c).sum() for c in (ln.SOLD, ln.RETURNED)}
    for name, role in (("n_numbers", "order"), ("n_products", "product")):
        if recipe.column(role):
            own[name] = nw.when(sale).then(nw.col(ln.ORDER if role == "order" else ln.PRODUCT))
            own[f"{name} none"] = _one(own[name].is_null())
            # A missing cell counts as a value of its own to every engine.
            sums[name] = nw.col(name).n_unique()
            sums[f"{name} none"] = nw.col(f"{name} none").max()
    if recipe.column("quantity"):
        own[ln.ITEMS], sums[ln.ITEMS] = nw.col(ln.ITEMS), nw.col(ln.ITEMS).sum()
    if recipe.column("discount"):
        own[ln.DISCOUNTED] = sold * nw.col(ln.DISCOUNTED).fill_null(0.0)
        sums[ln.DISCOUNTED] = nw.col(ln.DISCOUNTED).sum()
    for column, levels in ((ln.CATEGORY, recipe.categories), (ln.CHANNEL, recipe.channels)):
        for i, level in enumerate(levels):
            name = f"{column} {i}"
            own[name] = nw.when(nw.col(column) == level).then(sold).otherwise(nw.lit(0.0))
            sums[name] = nw.col(name).sum()
    if recipe.has_hours:
        own["evening"] = _one(sale & (nw.col(ln.HOUR) >= EVENING))
        own["timed"] = _one(sale & ~nw.col(ln.HOUR).is_null())
        sums |= {name: nw.col(name).sum() for name in ("evening", "timed")}
    summed = used.select(**own).group_by(ln.CUSTOMER).agg(**sums)
    known = {
        name: nw.col(name).cast(nw.Int64) - nw.col(f"{name} none").cast(nw.Int64)
        for name in ("n_numbers", "n_products")
        if name in sums
    }
    return summed.with_columns(**known) if known else summed


def _days_by_customer(used: Lines, recipe: PurchaseRecipe) -> Lines:
    o, end, span = nw.col("o"), recipe.as_of.toordinal(), recipe.trend_days
    gap = nw.when(~nw.col("previous").is_null()).then(o - nw.col("previous")).otherwise(nw.lit(0)).cast(nw.Float64)
    marked = with_previous(purchase_days(used)).select(
        nw.col(ln.CUSTOMER),
        o,
        (gap * gap).alias("gap2"),
        _one((o + 6) % 7 >= _FIRST_OF_WEEKEND).alias("weekend"),
        _one(o > end - span).alias("recent"),
        _one((o > end - 2 * span) & (o <= end - span)).alias("earlier"),
    )
    return marked.group_by(ln.CUSTOMER).agg(
        nw.len().alias("n_days"),
        o.min().alias("first"),
        o.max().alias("last"),
        *(nw.col(name).sum() for name in ("gap2", "weekend", "recent", "earlier")),
    )


def _one(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1.0)).otherwise(nw.lit(0.0))


def _by(above: nw.Expr, below: nw.Expr) -> nw.Expr:
    """A ratio, missing where the divisor is not positive."""
    return nw.when(below > 0).then(above / nw.when(below > 0).then(below).otherwise(nw.lit(1.0)))


def _spread(squares: nw.Expr, total: nw.Expr, n: nw.Expr) -> nw.Expr:
    """The standard deviation of n gaps from their sum and the sum of their squares, where there are two or more."""
    safe = nw.when(n > 1).then(n).otherwise(nw.lit(1.0))
    # n * squares - total^2 is a whole number, and not negative.
    return nw.when(n > 1).then((safe * squares - total * total).sqrt() / safe)


def _favourite(column: str, levels: Sequence[str], sold: nw.Expr) -> nw.Expr:
    """The level that most was sold in; of two equal ones that which is larger in the whole log; missing for none."""
    sums = [nw.col(f"{column} {i}") for i in range(len(levels))]
    most = sums[0] if len(sums) == 1 else nw.max_horizontal(*sums)
    chosen = nw.lit("Other")
    for value, level in zip(reversed(sums), reversed(levels), strict=True):
        chosen = nw.when((value == most) & (value > 0)).then(nw.lit(level)).otherwise(chosen)
    return nw.when(sold > 0).then(chosen)
