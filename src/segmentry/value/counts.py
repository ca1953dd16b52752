"""What the models rest on: how often, how lately and how long each customer has bought, counted and checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentry.errors import InputError, NotEnoughDataError, plural

FEWEST = 50  # customers, and repeat buyers of them a tenth: with fewer, four parameters cannot be told apart


@dataclass(frozen=True)
class PurchaseCounts:
    """Different (x, t_x, age), in order, and how many customers share each.

    `x` repeat purchases, `t_x` time from the first to the last purchase, `age` time from the first purchase to the
    as-of date, all in `time_unit`. In order and counted, so that neither row order nor repetition changes a sum.
    """

    x: np.ndarray
    t_x: np.ndarray
    age: np.ndarray
    customers: np.ndarray
    time_unit: str

    @property
    def n_customers(self) -> int:
        return int(self.customers.sum())


def purchase_counts(
    x: np.ndarray, t_x: np.ndarray, age: np.ndarray, customers: np.ndarray | None = None, time_unit: str = "weeks"
) -> PurchaseCounts:
    """Customers (or groups of `customers` each) as the models take them.

    Raises InputError where a count cannot be: a negative or broken number of repeats, a last purchase before the first
    or after the as-of date, a repeat without time between; NotEnoughDataError with fewer than 50 customers or 5 repeat
    buyers.

    >>> counts = purchase_counts([0, 1] * 30, [0, 2.5] * 30, [9, 9] * 30)
    >>> counts.x, counts.customers
    (array([0., 1.]), array([30., 30.]))
    """
    columns = [np.asarray(values, dtype=np.float64) for values in (x, t_x, age)]
    weights = np.ones(len(columns[0])) if customers is None else np.asarray(customers, dtype=np.float64)
    repeats, last, ages = columns
    _check(repeats, last, ages)
    order = np.lexsort((ages, last, repeats))
    rows = np.stack(columns)[:, order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (rows[:, 1:] != rows[:, :-1]).any(axis=0)
    starts = np.flatnonzero(new)
    counted = np.add.reduceat(weights[order], starts) if len(starts) else weights
    n, repeating = counted.sum(), counted[rows[0, starts] > 0].sum()
    if n < FEWEST or repeating < FEWEST / 10:
        raise NotEnoughDataError(
            "There are too few customers to learn from how they buy again.",
            found=f"{plural(int(n), 'customer')}, {repeating:,.0f} of them with a second purchase",
            remedy=f"It takes {FEWEST} customers and {FEWEST // 10} who came back: give a longer purchase log.",
        )
    return PurchaseCounts(rows[0, starts], rows[1, starts], rows[2, starts], counted, time_unit)


def _check(repeats: np.ndarray, last: np.ndarray, ages: np.ndarray) -> None:
    wrong = {
        "repeat purchases that are missing, negative or broken": ~((repeats >= 0) & (repeats == np.floor(repeats))),
        "a last purchase before the first, or after the as-of date": ~((last >= 0) & (last <= ages)),
        "an endless or missing time": ~np.isfinite(ages),
        "repeat purchases at the time of the first": (repeats > 0) & ~(last > 0),
        "time between purchases without a repeat purchase": (repeats == 0) & (last > 0),
    }
    found = [f"{int(rows.sum()):,} with {what}" for what, rows in wrong.items() if rows.any()]
    if found:
        raise InputError(
            "These are not counts of purchases.",
            found="; ".join(found),
            remedy="x counts purchases after the first (a day is one purchase), t_x runs from the first to the last "
            "purchase, and the age from the first purchase to the as-of date.",
        )
