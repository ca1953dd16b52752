"""What is in a purchase log: which column says what, where each line went, and the orders over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import narwhals.stable.v2 as nw

from segmentry.exploration.inspection import ColumnInspection, Month, OrdersInspection
from segmentry.features.choice import FeatureSettings
from segmentry.features.customers import Customers, prepare_customers
from segmentry.purchases import LogColumn, Purchases, customers_of
from segmentry.tables import collect_rows

_PRIVATE = frozenset({"customer", "order"})
_MONEY = frozenset({"amount", "unit_price", "refunded"})


@dataclass(frozen=True)
class Log:
    """An opened log, what is to be told of it, and its customers as a fit would see them."""

    purchases: Purchases
    orders: OrdersInspection
    customers: Customers


def look_at(purchases: Purchases, settings: FeatureSettings) -> Log:
    """The log with its orders by month and its customers."""
    found = customers_of(purchases)
    customers = prepare_customers(
        found.table, settings, id_column=found.id_column, as_of=purchases.as_of, made=found.made
    )
    orders = OrdersInspection(purchases.recipe, purchases.account, tuple(_months(purchases)))
    return Log(purchases, orders, customers)


def as_in_log(columns: Sequence[ColumnInspection], log: Log) -> tuple[ColumnInspection, ...]:
    """The columns with what they say of a purchase in place of what they would say of a customer."""
    used = {c.name: c for c in log.purchases.recipe.columns}
    return tuple(_in_log(c, used.get(c.name), log.purchases.recipe.symbol) for c in columns)


def _in_log(column: ColumnInspection, used: LogColumn | None, symbol: str) -> ColumnInspection:
    if used is None:
        reason = f"no part of a purchase ({column.role.replace('_', ' ')})"
        return replace(column, role="unused", reason=reason, confident=True)
    return replace(
        column,
        role=used.role,
        reason=used.reason,
        confident=True,
        private=column.private or used.role in _PRIVATE,
        symbol=symbol if used.role in _MONEY else column.symbol,
    )


def _months(purchases: Purchases) -> Iterable[Month]:
    day = nw.col("day")
    used = purchases.used.select(
        nw.col("customer"),
        (day.dt.year().cast(nw.Int64) * 12 + day.dt.month().cast(nw.Int64) - 1).alias("month"),
        nw.when(nw.col("sale")).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias("sales"),
        (nw.col("sold") - nw.col("returned")).alias("net"),
    )
    counted = used.group_by("month").agg(
        nw.col("sales").sum(), nw.col("net").sum(), nw.col("customer").n_unique().alias("customers")
    )
    for row in sorted(collect_rows(counted), key=lambda r: int(r["month"])):
        year, month = divmod(int(row["month"]), 12)
        money = float(row["net"]) / 10.0**purchases.recipe.places
        yield Month(f"{year:04}-{month + 1:02}", int(row["sales"]), int(row["customers"]), money)
