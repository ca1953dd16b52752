"""Purchases before and after a day, counted so that a model of the first can be held against the second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.purchases import lines as ln
from segmentry.purchases.log import Purchases
from segmentry.purchases.summary import purchase_days, purchase_summary, with_previous
from segmentry.tables import collect_rows, to_memory


@dataclass(frozen=True)
class BeforeAndAfter:
    """Groups of customers alike in counts up to a day (`x`, and `t_x` and `age` in days) and in purchases `later`.

    `repeat_days` are days from the first purchase of all to each day with repeat purchases, `repeats` their numbers.
    """

    x: np.ndarray
    t_x: np.ndarray
    age: np.ndarray
    later: np.ndarray
    customers: np.ndarray
    repeat_days: np.ndarray
    repeats: np.ndarray
    days_after: int


def last_day(purchases: Purchases, today: date | None) -> date | None:
    """The last day with a line that counts, whatever the as-of date, up to `today`."""
    counted = purchases.lines.filter(ln.counted())
    if today is not None:
        counted = counted.filter(nw.col(ln.DAY) <= today)
    found: date | None = collect_rows(counted.select(nw.col(ln.DAY).max()))[0][ln.DAY]
    return found


def before_and_after(purchases: Purchases, cut: date, end: date) -> BeforeAndAfter:
    """The customers who had bought by `cut`, and what they bought from then to `end`.

    Raises NotEnoughDataError when nobody had.
    """
    summary = purchase_summary(purchases, cut)
    days = with_previous(purchase_days(purchases.lines.filter(ln.counted(), nw.col(ln.DAY) <= end)))
    after = days.filter(nw.col("o") > cut.toordinal()).group_by(ln.CUSTOMER).agg(nw.len().alias("later"))
    known = summary.join(after, on=ln.CUSTOMER, how="left").with_columns(nw.col("later").fill_null(0))
    grouped = to_memory(known.group_by("x", "t_x", "T", "later").agg(nw.len().alias("n")))
    repeats = days.filter(~nw.col("previous").is_null()).join(summary.select(ln.CUSTOMER), on=ln.CUSTOMER, how="inner")
    by_day = to_memory(repeats.group_by("o").agg(nw.len().alias("n")))
    first = cut.toordinal() - grouped["T"].max()
    return BeforeAndAfter(
        x=grouped["x"],
        t_x=grouped["t_x"],
        age=grouped["T"],
        later=grouped["later"],
        customers=grouped["n"],
        repeat_days=by_day["o"] - first,
        repeats=by_day["n"],
        days_after=(end - cut).days,
    )
