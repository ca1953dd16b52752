"""What a model of lifetime value says of each customer of a log, as columns beside the others.

How the model came about is left to others: it is handed in, or learned from the counts by whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.errors import plural
from segmentry.features.customers import MadeColumn
from segmentry.features.feature import Feature
from segmentry.features.lifetime import (
    DAYS_IN_UNIT,
    LifetimeModel,
    expected_purchases,
    lifetime_value,
    probability_alive,
)
from segmentry.purchases import lines as ln
from segmentry.purchases.lines import Lines
from segmentry.purchases.log import Purchases
from segmentry.purchases.recipe import PurchaseRecipe
from segmentry.purchases.summary import purchase_summary
from segmentry.tables import Column, Reading, Table, to_memory, with_numbers

VALUE_COLUMNS = ("probability_alive", "expected_purchases", "lifetime_value")
_COUNTS = {"x": "__x__", "t_x": "__t_x__", "T": "__age__", "mean_spend": "__mean_spend__"}
_PLACES = 6  # decimals of a chance and of purchases: further ones are below what the models can tell


@dataclass(frozen=True)
class CustomerCounts:
    """Arrays with an entry a customer: repeat purchases, days from first to last and from first to the as-of date, and
    the mean amount of a repeat; NaN where a customer has no purchase, or no repeat."""

    x: np.ndarray
    t_x: np.ndarray
    age: np.ndarray
    mean_spend: np.ndarray


ModelOf = Callable[[CustomerCounts], LifetimeModel | None]


def with_counts(rows: Lines, purchases: Purchases) -> Lines:
    """Rows of customers with the counts that a model takes, under hidden names."""
    summary = purchase_summary(purchases).select(ln.CUSTOMER, *(nw.col(c).alias(n) for c, n in _COUNTS.items()))
    return rows.join(summary, on=ln.CUSTOMER, how="left")


def count_columns() -> tuple[Column, ...]:
    """The columns that `with_counts` adds."""
    return tuple(Column(name, Reading("number"), "hidden") for name in _COUNTS.values())


def with_value(table: Table, model_of: ModelOf, names: dict[str, str]) -> tuple[Table, LifetimeModel | None]:
    """The table without its counts, with what the model says of each customer under these names, and the model."""
    held = to_memory(table.frame.select(*_COUNTS.values()))
    counts = CustomerCounts(*(held[name] for name in _COUNTS.values()))
    kept = tuple(c for c in table.columns if c.name not in _COUNTS.values())
    model = model_of(counts)
    values = {} if model is None else {names[name]: column for name, column in value_columns(model, counts).items()}
    return with_numbers(table, kept, values), model


def value_columns(model: LifetimeModel, counts: CustomerCounts) -> dict[str, np.ndarray]:
    """Chance to be still a customer, purchases expected within the horizon and their worth, NaN without a purchase.

    The chance is also missing without a repeat purchase: in the model leaving follows a repeat, so that it is 1 by
    definition there, however long ago the purchase, and would make those who came back look the likelier gone.
    Rounded half up: chances and purchases to a millionth, money to a hundredth.
    """
    known = ~np.isnan(counts.x)
    unit = DAYS_IN_UNIT[model.purchases.time_unit]
    x, t_x, age, spend = counts.x[known], counts.t_x[known] / unit, counts.age[known] / unit, counts.mean_spend[known]
    found = (
        (np.where(x > 0, probability_alive(model.purchases, x, t_x, age), np.nan), _PLACES),
        (expected_purchases(model.purchases, x, t_x, age, model.horizon), _PLACES),
        (lifetime_value(model, x, t_x, age, spend), 2),
    )
    columns = {}
    for name, (values, places) in zip(VALUE_COLUMNS, found, strict=True):
        column = np.full(len(known), np.nan)
        column[known] = np.floor(values * 10.0**places + 0.5) / 10.0**places
        columns[name] = column
    return columns


def value_features(model: LifetimeModel, recipe: PurchaseRecipe) -> tuple[MadeColumn, ...]:
    """What the columns of `value_columns` mean, in their order."""
    alive, expected, worth = VALUE_COLUMNS
    ahead = plural(model.horizon_days, "day")
    days = f"within {ahead}"
    earned = "turnover" if model.margin == 1.0 else f"{100 * model.margin:.0f} % of turnover"
    return (
        MadeColumn(
            Feature(alive, "Probability alive", "share", "future", "column", (alive,)),
            "rate",
            f"chance to be still a customer on {recipe.as_of}, of those with a repeat purchase (BG/NBD)",
        ),
        MadeColumn(
            Feature(expected, f"Expected purchases in {ahead}", "number", "future", "column", (expected,)),
            "number",
            f"days with a purchase expected {days} (BG/NBD)",
        ),
        MadeColumn(
            Feature(worth, f"Lifetime value in {ahead}", "money", "future", "column", (worth,), symbol=recipe.symbol),
            "money",
            f"{earned} expected {days}, discounted at {100 * model.discount:.0f} % a year (Gamma-Gamma)",
        ),
    )
