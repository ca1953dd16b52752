"""Every line of a log accounted for: used, or left out under a stated rule, each with its number and its money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import Notice, plural
from segmentry.purchases import lines as ln
from segmentry.purchases.lines import Lines
from segmentry.purchases.recipe import PurchaseRecipe
from segmentry.tables import collect_rows


@dataclass(frozen=True)
class Account:
    """`rows == used + without_customer + without_date + void + without_amount + after_as_of`, always.

    `amount` is the net money of the lines that are used: sold less returned. `cancelled` counts the lines of orders
    that were cancelled, whether they are left out (`void`) or net against an earlier sale. `duplicates` are lines that
    repeat another in every cell; None where they were not counted. `rejected` rows could not be read at all, and are
    none of `rows`.
    """

    rows: int
    used: int
    customers: int
    amount: float
    sold: float
    returned: float
    cancelled: int
    void: int
    refunded: int
    returns: int
    zero: int
    without_customer: int
    without_date: int
    without_amount: int
    after_as_of: int
    amount_without_customer: float
    amount_after_as_of: float
    first_day: date | None
    last_day: date | None
    as_of: date
    rejected: int = 0
    duplicates: int | None = None
    unknown_customers: int = 0  # customers of the orders who are not in the customer table
    customers_without_orders: int = 0  # of the customer table
    guests: int = 0  # lines without a customer where a word such as "guest" stands instead
    charges: int = 0  # of the used lines, those of postage, fees, discounts or corrections; counted at fitting

    def notices(self) -> tuple[Notice, ...]:
        """What a reader must know before trusting the figures."""
        rows = [
            ("orders-without-customer", self.without_customer, "without a customer"),
            ("orders-without-date", self.without_date, "without a date"),
            ("orders-without-amount", self.without_amount, "without an amount"),
            ("orders-after-as-of", self.after_as_of, f"after {self.as_of}"),
            ("orders-void", self.void, "of orders that were cancelled, failed or are still open"),
        ]
        said = [Notice(code, f"{plural(n, 'order line')} {what}: left out.") for code, n, what in rows if n]
        if self.guests:
            message = f"{plural(self.guests, 'order line')} of guests, by a word such as 'guest': without a customer."
            said.append(Notice("orders-of-guests", message))
        back = self.returns + self.refunded
        if back:
            message = f"{plural(back, 'order line')} returned or refunded: taken off what their customers spent."
            said.append(Notice("orders-returned", message))
        if self.duplicates:
            lines = f"{plural(self.duplicates, 'order line')} {'repeats' if self.duplicates == 1 else 'repeat'}"
            message = f"{lines} another in every cell; each counts. Exported twice? Pass --duplicates drop."
            said.append(Notice("orders-repeated", message))
        if self.customers_without_orders:
            message = f"{plural(self.customers_without_orders, 'customer')} without an order: kept, with no spend."
            said.append(Notice("customers-without-orders", message))
        if self.unknown_customers:
            message = f"{plural(self.unknown_customers, 'customer')} of the orders not in the customer table: left out."
            said.append(Notice("unknown-customers", message))
        return tuple(said)


def account_for(lines: Lines, recipe: PurchaseRecipe, rejected: int = 0, duplicates: int | None = None) -> Account:
    """The account of all lines, in one pass."""
    row = _sums(lines, recipe)
    units = 10.0**recipe.places
    n = {name: int(value or 0) for name, value in row.items() if name.startswith("n_")}
    money = {name: float(value or 0.0) / units for name, value in row.items() if name.startswith("m_")}
    return Account(
        rows=n["n_rows"],
        used=n["n_used"],
        # A missing customer counts as one more to every engine.
        customers=int(row["who"]) - (n["n_used"] < n["n_rows"]),
        amount=(float(row["m_sold"] or 0.0) - float(row["m_returned"] or 0.0)) / units,
        sold=money["m_sold"],
        returned=money["m_returned"],
        cancelled=n["n_void"] + n["n_cancelled"],
        void=n["n_void"],
        refunded=n["n_refunded"],
        returns=n["n_returns"],
        zero=n["n_zero"],
        without_customer=n["n_without_customer"],
        without_date=n["n_without_date"],
        without_amount=n["n_without_amount"],
        after_as_of=n["n_after"],
        amount_without_customer=money["m_without_customer"],
        amount_after_as_of=money["m_after"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        as_of=recipe.as_of,
        guests=n["n_guests"],
        rejected=rejected,
        duplicates=duplicates,
    )


def _sums(lines: Lines, recipe: PurchaseRecipe) -> dict[str, Any]:
    nobody, undated = nw.col(ln.CUSTOMER).is_null(), nw.col(ln.DAY).is_null()
    void, unpriced = nw.col(ln.VOID), nw.col("no_amount")
    after = (nw.col(ln.DAY) > recipe.as_of).fill_null(False)
    counts = ln.counted()
    net = nw.col(ln.SOLD) - nw.col(ln.RETURNED)
    flags: dict[str, nw.Expr] = {
        "n_rows": nw.lit(True),
        "n_used": counts & ~after,
        "n_without_customer": nobody,
        "n_guests": nobody & nw.col(ln.GUEST),
        "n_without_date": ~nobody & undated,
        "n_void": ~nobody & ~undated & void,
        "n_without_amount": ~nobody & ~undated & ~void & unpriced,
        "n_after": counts & after,
        "n_cancelled": counts & ~after & nw.col(ln.CANCELLED),
        "n_refunded": counts & ~after & nw.col(ln.SALE) & (nw.col(ln.RETURNED) > 0),
        "n_returns": counts & ~after & ~nw.col(ln.SALE),
        # Where an amount stands for an order, its other lines have none of their own.
        "n_zero": counts & ~after & nw.col(ln.SALE) & (nw.col(ln.SOLD) == 0) & (recipe.amount_is == "line"),
    }
    money = {
        "m_sold": (counts & ~after, nw.col(ln.SOLD)),
        "m_returned": (counts & ~after, nw.col(ln.RETURNED)),
        "m_without_customer": (nobody & ~void & ~unpriced, net),
        "m_after": (counts & after, net),
    }
    marked = lines.select(
        *(nw.when(e).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias(n) for n, e in flags.items()),
        *(nw.when(e).then(v).otherwise(nw.lit(0.0)).alias(n) for n, (e, v) in money.items()),
        nw.when(counts).then(nw.col(ln.DAY)).alias(ln.DAY),
        nw.when(counts & ~after).then(nw.col(ln.CUSTOMER)).alias("who"),
    )
    sums = {name: nw.col(name).sum() for name in (*flags, *money)}
    sums |= {"who": nw.col("who").n_unique(), "first_day": nw.col(ln.DAY).min(), "last_day": nw.col(ln.DAY).max()}
    return collect_rows(marked.select(**sums))[0]
