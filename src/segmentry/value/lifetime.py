"""Both models at once, with the guards that say whether a value may be told at all."""

from __future__ import annotations

import numpy as np

from segmentry.errors import Notice, SettingsError
from segmentry.features.lifetime import DAYS_IN_UNIT, LifetimeModel
from segmentry.value.counts import purchase_counts
from segmentry.value.purchasing import fit_purchases
from segmentry.value.settings import check_terms
from segmentry.value.spending import fit_spend, relation_notice


def fit_lifetime(
    x: np.ndarray,
    t_x: np.ndarray,
    age: np.ndarray,
    mean_spend: np.ndarray,
    *,
    horizon_days: int = 365,
    margin: float = 1.0,
    discount: float = 0.0,
    time_unit: str = "weeks",
    customers: np.ndarray | None = None,
) -> tuple[LifetimeModel, tuple[Notice, ...]]:
    """A model of what customers will buy and be worth within the horizon, and what to know before trusting it.

    Each row is a customer, or `customers` of them who are alike: `x` repeat purchases, `t_x` time from the first to
    the last, `age` time from the first to the as-of date (both in `time_unit`), `mean_spend` of the repeat purchases.
    `margin` is the share of an amount that is earned (1 values turnover), `discount` a year's rate.

    Raises InputError for counts that cannot be, NotEnoughDataError for too few, ValueModelError where they settle no
    model, SettingsError for a horizon, margin, discount or unit out of range.
    """
    check_terms(horizon_days, margin, discount)
    if time_unit not in DAYS_IN_UNIT:
        raise SettingsError("Time is counted in days or in weeks.", found=time_unit, remedy="Pass one of them.")
    purchases = fit_purchases(purchase_counts(x, t_x, age, customers, time_unit))
    spend = fit_spend(x, mean_spend, customers)
    notice = relation_notice(spend)
    return LifetimeModel(purchases, spend, horizon_days, margin, discount), (notice,) if notice else ()
