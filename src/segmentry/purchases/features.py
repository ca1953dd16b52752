"""What a purchase log says of each customer, as one lazy query, and what each of its columns means.

Every figure is a sum, a count or a first and last day of whole numbers, divided at the end, so that engines, threads
and row order cannot change a digit.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw

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


def purchase_features(recipe: PurchaseRecipe) -> tuple[MadeColumn, ...]:
    """The columns that the log of this recipe gives each customer, in the order they are written.

    A feature is there where the log has the columns it needs.
    """
    as_of = recipe.as_of
    orders = "order numbers" if recipe.column("order") else "days with a purchase"
    made = [
        _made("recency_days", "days", "recency", "recency_days", f"days from the last purchase to {as_of}"),
        _made("n_orders", "count", "frequency", "purchases_total", f"different {orders}"),
        _money("spend_total", "spend", "spend_total", "sold less returned", recipe),
        _money("average_order_value", "order_value", "order_value", "sold by order, before returns", recipe),
        _made("tenure_days", "days", "tenure", "tenure", f"days from the first purchase to {as_of}"),
        _made("days_between_orders", "days", "rhythm", "number", "mean days from one day with a purchase to the next"),
        _made("days_between_spread", "days", "rhythm", "number", "their standard deviation, of three days or more"),
        _made(
            "trend",
            "number",
            "trend",
            "number",
            f"days with a purchase in the last {recipe.trend_days} days beside those in as many before: "
            "from -1 (all of them earlier) to 1 (all recent)",
        ),
    ]
    if recipe.column("quantity"):
        made.append(_made("items_per_order", "count", "basket", "items", "items sold by order"))
    if recipe.column("product"):
        made.append(_made("n_products", "count", "variety", "count", "different products bought"))
    for name, level in _named("spend_share_", recipe.categories):
        feature = Feature(name, f"Share of spend: {level}", "share", "spend_mix", "column", (name,))
        made.append(MadeColumn(feature, "rate", f"share of what was sold that is '{level}'"))
    if recipe.categories:
        made.append(_made("favourite_category", "category", "category", "category", "the category most was spent on"))
    for name, level in _named("channel_share_", recipe.channels):
        feature = Feature(name, f"Share by channel: {level}", "share", "channel", "column", (name,))
        made.append(MadeColumn(feature, "rate", f"share of what was sold that was bought by '{level}'"))
    if recipe.channels:
        made.append(_made("favourite_channel", "category", "category", "category", "the channel most was spent by"))
    if recipe.column("discount"):
        made.append(_made("discount_share", "share", "deals", "rate", "share of what was sold that was discounted"))
    if recipe.has_returns:
        made.append(_made("return_rate", "share", "returns", "rate", "returned or refunded money by money sold"))
    made.append(_made("weekend_share", "share", "habits", "rate", "share of days with a purchase that are a weekend's"))
    if recipe.has_hours:
        made.append(_made("evening_share", "share", "habits", "rate", f"share of lines bought from {EVENING}:00 on"))
    return tuple(made)


_LABELS = {
    "n_orders": "Orders",
    "tenure_days": "Days since first purchase",
    "days_between_spread": "Spread of days between orders",
    "trend": "Trend of purchases",
    "n_products": "Different products",
    "discount_share": "Share bought at a discount",
    "return_rate": "Share returned",
    "weekend_share": "Share on weekends",
    "evening_share": "Share in the evening",
}


def _made(name: str, unit: Unit, theme: Theme, role: Role, how: str) -> MadeColumn:
    operation: Operation = "category" if unit == "category" else "column"
    return MadeColumn(Feature(name, _LABELS.get(name) or label(name), unit, theme, operation, (name,)), role, how)


def _money(name: str, theme: Theme, role: Role, how: str, recipe: PurchaseRecipe) -> MadeColumn:
    return MadeColumn(Feature(name, label(name), "money", theme, "column", (name,), symbol=recipe.symbol), role, how)


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
    return both.with_columns(orders=orders.cast(nw.Int64)).select(nw.col(ln.CUSTOMER), *_columns(recipe))


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


def _columns(recipe: PurchaseRecipe) -> list[nw.Expr]:
    """The columns of `purchase_features`, from sums by customer."""
    sold, returned, units = nw.col(ln.SOLD), nw.col(ln.RETURNED), nw.col(ln.UNITS)
    orders, days = nw.col("orders").cast(nw.Float64), nw.col("n_days").cast(nw.Float64)
    first, last = nw.col("first").cast(nw.Float64), nw.col("last").cast(nw.Float64)
    end = float(recipe.as_of.toordinal())
    mean_gap = _by(last - first, days - 1.0)
    recent, earlier = nw.col("recent"), nw.col("earlier")
    made: dict[str, nw.Expr] = {
        "recency_days": nw.lit(end) - last,
        "n_orders": orders,
        "spend_total": (sold - returned) / units,
        "average_order_value": _by(sold, orders * units),
        "tenure_days": nw.lit(end) - first,
        "days_between_orders": mean_gap,
        "days_between_spread": _spread(nw.col("gap2"), last - first, days - 1.0),
        "trend": _by(recent - earlier, recent + earlier),
    }
    if recipe.column("quantity"):
        made["items_per_order"] = _by(nw.col(ln.ITEMS), orders)
    if recipe.column("product"):
        made["n_products"] = nw.col("n_products").cast(nw.Float64)
    for column, prefix, levels in (
        (ln.CATEGORY, "spend_share_", recipe.categories),
        (ln.CHANNEL, "channel_share_", recipe.channels),
    ):
        for i, (name, _) in enumerate(_named(prefix, levels)):
            made[name] = _by(nw.col(f"{column} {i}"), sold)
        if levels:
            made[f"favourite_{column}"] = _favourite(column, levels, sold)
    if recipe.column("discount"):
        made["discount_share"] = _by(nw.col(ln.DISCOUNTED), sold)
    made["return_rate"] = _by(returned, sold)
    made["weekend_share"] = _by(nw.col("weekend"), days)
    if recipe.has_hours:
        made["evening_share"] = _by(nw.col("evening"), nw.col("timed"))
    return [made[f.feature.name].alias(f.feature.name) for f in purchase_features(recipe)]


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
