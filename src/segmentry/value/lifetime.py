"""Both models at once, with the guards that say whether a value may be told at all."""

from __future__ import annotations

import numpy as np

from segmentry.errors import Notice, SettingsError
from segmentry.features.lifetime import LifetimeModel
from segmentry.value.counts import purchase_counts
from segmentry.value.purchasing import fit_purchases
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
    _check(horizon_days, margin, discount, time_unit)
    purchases = fit_purchases(purchase_counts(x, t_x, age, customers, time_unit))
    spend = fit_spend(x, mean_spend, customers)
    notice = relation_notice(spend)
    return LifetimeModel(purchases, spend, horizon_days, margin, discount), (notice,) if notice else ()


def _check(horizon_days: int, margin: float, discount: float, time_unit: str) -> None:
    if not 1 <= horizon_days <= 3653:
        raise SettingsError(
            "The horizon of value is out of range.",
            found=f"{horizon_days} days",
            remedy="Pass --horizon-days between 1 and 3653 (ten years).",
        )
    if not 0.0 < margin <= 1.0:
        raise SettingsError(
            "The margin is a share of what is paid, above 0 and up to 1.",
            found=f"{margin:g}",
            remedy="For 30 % pass --margin 0.3; without it, value is turnover.",
        )
    if not 0.0 <= discount <= 1.0:
        raise SettingsError(
            "The discount is a year's rate between 0 and 1.",
            found=f"{discount:g}",
            remedy="For 10 % a year pass --discount 0.1.",
        )
    if time_unit not in ("days", "weeks"):
        raise SettingsError("Time is counted in days or in weeks.", found=time_unit, remedy="Pass one of them.")
