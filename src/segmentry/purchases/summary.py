"""What lifetime models need of each customer: how often they came back, when last, how long they were watched, for how
much. Fitting the models is left to others.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import narwhals.stable.v2 as nw

from segmentry.errors import NotEnoughDataError, SettingsError
from segmentry.purchases import lines as ln
from segmentry.purchases.lines import Lines
from segmentry.purchases.log import Purchases
from segmentry.tables import ordinal

TimeUnit = Literal["day", "week", "month"]
DAYS_IN: dict[TimeUnit, float] = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}


def purchase_summary(purchases: Purchases, as_of: date | None = None, time_unit: TimeUnit = "day") -> nw.LazyFrame[Any]:
    """One row per customer with a purchase: `customer`, `x`, `t_x`, `T`, `mean_spend`; rows in no order.

    `x` counts the days with a purchase after the first (orders of one day are one), `t_x` is the time from the first to
    the last purchase and `T` from the first to `as_of`, both in `time_unit`. `mean_spend` is the money of a repeat day;
    what a customer returned lowers it by the same share as all that they bought; missing where `x` is 0. These are the
    statistics of Fader, Hardie and Lee (2005), whose "recency" is `t_x`, not the days since the last purchase.

    `as_of` is that of the purchases unless an earlier day is given: later purchases are then left out, as a holdout.

    >>> import polars as pl
    >>> from segmentry.purchases import open_log
    >>> from segmentry.tables import read
    >>> log = pl.DataFrame({"client": ["a"] * 3, "amount": ["9", "4", "2"],
    ...                     "date": ["2026-01-01", "2026-01-15", "2026-01-15"]})
    >>> purchase_summary(open_log(read(log)), date(2026, 1, 29), "week").to_native().collect().rows()
    [('a', 1, 2.0, 4.0, 6.0)]
    """
    recipe = purchases.recipe
    end = as_of or recipe.as_of
    if time_unit not in DAYS_IN:
        raise SettingsError("A time unit is day, week or month.", found=repr(time_unit))
    if purchases.account.first_day is not None and end < purchases.account.first_day:
        raise NotEnoughDataError(
            f"No purchase lies on or before {end}.",
            found=f"the first on {purchases.account.first_day}",
            remedy="Pass a later day with --as-of (as_of=... in Python).",
        )
    used = purchases.lines.filter(ln.counted(), nw.col(ln.DAY) <= end)
    days = with_previous(purchase_days(used)).with_columns(
        later=nw.when(nw.col("previous").is_null()).then(nw.lit(0.0)).otherwise(nw.col(ln.SOLD))
    )
    by_customer = days.group_by(ln.CUSTOMER).agg(
        n=nw.len(), first=nw.col("o").min(), last=nw.col("o").max(), later=nw.col("later").sum()
    )
    sums = used.group_by(ln.CUSTOMER).agg(nw.col(ln.SOLD).sum(), nw.col(ln.RETURNED).sum())
    unit = DAYS_IN[time_unit]
    x = nw.col("n").cast(nw.Int64) - 1
    spent = nw.col("later") / nw.col(ln.UNITS) / nw.when(x > 0).then(x).otherwise(nw.lit(1)).cast(nw.Float64)
    both = by_customer.join(sums, on=ln.CUSTOMER, how="left").with_columns(
        span=ln.in_every_row(unit), **ln.units(recipe)
    )
    return both.select(
        nw.col(ln.CUSTOMER),
        x.alias("x"),
        ((nw.col("last") - nw.col("first")).cast(nw.Float64) / nw.col("span")).alias("t_x"),
        ((nw.lit(end.toordinal()) - nw.col("first")).cast(nw.Float64) / nw.col("span")).alias("T"),
        nw.when(x > 0).then(spent * share_kept()).alias("mean_spend"),
    )


def share_kept() -> nw.Expr:
    """The share of what was bought that was not returned, between 0 and 1."""
    sold, returned = nw.col(ln.SOLD), nw.col(ln.RETURNED)
    kept = nw.max_horizontal(sold - returned, nw.lit(0.0))
    return nw.when(returned > 0).then(kept / nw.when(sold > 0).then(sold).otherwise(nw.lit(1.0))).otherwise(nw.lit(1.0))


def purchase_days(used: Lines) -> Lines:
    """What each customer was sold by day, with the day's number `o`; returns are no purchase."""
    bought = used.filter(nw.col(ln.SALE)).group_by(ln.CUSTOMER, ln.DAY).agg(nw.col(ln.SOLD).sum())
    return bought.select(ln.CUSTOMER, ln.SOLD, ordinal(nw.col(ln.DAY)).alias("o"))


def with_previous(days: Lines) -> Lines:
    """Adds `previous`, the number of the customer's day before; missing on the first."""
    return days.with_columns(previous=nw.col("o").shift(1).over(ln.CUSTOMER, order_by="o"))
