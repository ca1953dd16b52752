"""Lifetime value in a fit: learned from the orders, put beside each customer, and held against what happened.

Where the orders do not settle a model, the fit goes on without value and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from segmentry.errors import NotEnoughDataError, Notice, ValueModelError
from segmentry.features.lifetime import DAYS_IN_UNIT, LifetimeModel
from segmentry.profiles.holdout import Holdout
from segmentry.purchases import CustomerCounts, CustomersOfLog, Purchases, before_and_after, customers_of, last_day
from segmentry.tables import Table
from segmentry.value import ValueSettings, fit_lifetime, fit_purchases, holdout, purchase_counts

UNIT = "weeks"
_HELD_OUT = 3  # the last third of the time, where no purchases after the as-of date are there to be foreseen


@dataclass(frozen=True)
class Valued:
    """Customers with what the model says of them, what to know of it, and how well it foresaw purchases."""

    customers: CustomersOfLog
    notices: tuple[Notice, ...]
    holdout: Holdout | None


def valued_customers(
    purchases: Purchases, customers: Table | None, id_column: str | None, told: ValueSettings, today: date | None
) -> Valued:
    """The customers of a log with their lifetime value, where it was asked for and the orders settle it."""
    if not told.estimate:
        return Valued(customers_of(purchases, customers, id_column), (), None)
    notices: list[Notice] = []

    def learned(counts: CustomerCounts) -> LifetimeModel | None:
        known = counts.x == counts.x
        days = DAYS_IN_UNIT[UNIT]
        try:
            model, said = fit_lifetime(
                counts.x[known],
                counts.t_x[known] / days,
                counts.age[known] / days,
                counts.mean_spend[known],
                horizon_days=told.horizon_days,
                margin=told.margin,
                discount=told.discount,
                time_unit=UNIT,
            )
        except (ValueModelError, NotEnoughDataError) as error:
            notices.append(Notice("no-value", f"Lifetime value is left out. {error}"))
            return None
        notices.extend(said)
        return model

    found = customers_of(purchases, customers, id_column, learned)
    if found.model is None:
        return Valued(found, tuple(notices), None)
    foreseen, said = foresight(purchases, found.model, today)
    return Valued(found, (*notices, *said), foreseen)


def foresight(
    purchases: Purchases, model: LifetimeModel, today: date | None
) -> tuple[Holdout | None, tuple[Notice, ...]]:
    """The model against purchases after the as-of date; where there are none, one like it, learned from the first two
    thirds of the time, against the last third. None, with a warning, where these are too little to learn from.
    """
    first, end = purchases.account.first_day, last_day(purchases, today)
    if first is None or end is None:
        return None, ()
    stated = end > purchases.as_of
    cut = purchases.as_of if stated else end - timedelta(days=(end - first).days // _HELD_OUT)
    if not first < cut < end:
        return None, ()
    found, unit = before_and_after(purchases, cut, end), DAYS_IN_UNIT[UNIT]
    x, t_x, age = found.x, found.t_x / unit, found.age / unit
    try:
        fitted = model.purchases if stated else fit_purchases(purchase_counts(x, t_x, age, found.customers, UNIT))
    except (ValueModelError, NotEnoughDataError) as error:
        text = (
            f"How well lifetime value foresees purchases could not be tested: those up to {cut} alone make no model. "
            f"Found: {error.found}. Take the values with care, and compare them with what happens."
        )
        return None, (Notice("untested-value", text),)
    found_later = holdout(
        fitted,
        x,
        t_x,
        age,
        found.later,
        horizon=found.days_after / unit,
        repeat_times=found.repeat_days / unit,
        repeat_counts=found.repeats,
        customers=found.customers,
        cut=cut,
    )
    return found_later, ()
