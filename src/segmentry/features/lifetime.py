"""What a customer is expected to buy and to be worth: frozen models applied to counts, in NumPy.

How the models are estimated is left to the room `value`; the same predictions on any engine are in
`features.lifetime_columns`. Times are in the unit the purchase model was fitted in, whichever that is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

DAYS_IN_YEAR = 365.25
DAYS_IN_UNIT = {"days": 1.0, "weeks": 7.0}
_STEP = 0.5  # of the trapezoidal rule, in log odds; halving it changes predictions in the tenth digit
_TAIL = 30.0  # e-folds after which the rest of an integral is taken as a geometric series
_FARTHEST = 45.0  # log odds beyond which a chance is 0 or 1 in double precision
# Present values: points and weights of Gauss and Legendre on 0..1. With four, a year at 100 % is right to 1e-6.
_POINTS = (0.06943184420297371, 0.33000947820757187, 0.6699905217924281, 0.9305681557970263)
_WEIGHTS = (0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693)


@dataclass(frozen=True)
class PurchaseModel:
    """BG/NBD: how often customers buy and how soon they leave (Fader, Hardie and Lee 2005).

    A customer buys at a rate drawn from Gamma(r, alpha) and leaves after each purchase with a chance drawn from
    Beta(a, b). `errors` are the standard errors of r, alpha, a and b.
    """

    r: float
    alpha: float
    a: float
    b: float
    errors: tuple[float, float, float, float]
    log_likelihood: float
    n_customers: int
    time_unit: str  # "days" or "weeks": the unit of alpha, and of every time that is put in
    most_repeats: int  # of any customer it was fitted on


@dataclass(frozen=True)
class SpendModel:
    """Gamma-Gamma: what an order of a customer is worth on average (Fader, Hardie and Lee 2005).

    `errors` are the standard errors of p, q and v; `correlation` is that of repeat purchases and mean spend, which
    the model takes as unrelated.
    """

    p: float
    q: float
    v: float
    errors: tuple[float, float, float]
    log_likelihood: float
    n_customers: int  # with a repeat purchase of more than nothing
    correlation: float


@dataclass(frozen=True)
class LifetimeModel:
    """Both models and what a value is counted over: enough to give any customer theirs.

    `discount` is a year's; a purchase is discounted from the day on which it is expected.
    """

    purchases: PurchaseModel
    spend: SpendModel
    horizon_days: int
    margin: float  # share of a purchase's amount that is earned
    discount: float

    @property
    def horizon(self) -> float:
        """The horizon in the unit of the purchase model."""
        return self.horizon_days / DAYS_IN_UNIT[self.purchases.time_unit]

    @property
    def force(self) -> float:
        """The rate of continuous discounting for a unit of time."""
        return math.log1p(self.discount) * DAYS_IN_UNIT[self.purchases.time_unit] / DAYS_IN_YEAR

    @property
    def dates(self) -> tuple[tuple[float, float], ...]:
        """Times within the horizon, each with its weight in the present value of expected purchases.

        With Y(t) the purchases expected by t, their present value is e^(-dH) Y(H) + d * integral of e^(-dt) Y(t).
        """
        last = (self.horizon, math.exp(-self.force * self.horizon))
        if not self.force:
            return (last,)
        inner = ((self.horizon * point, weight) for point, weight in zip(_POINTS, _WEIGHTS, strict=True))
        weighted = ((t, self.force * self.horizon * w * math.exp(-self.force * t)) for t, w in inner)
        return (*weighted, last)


@dataclass(frozen=True)
class Chances:
    """Points at which the chance of leaving is looked at: log of the chance and of its complement, and a weight."""

    log_leaving: tuple[float, ...]
    log_staying: tuple[float, ...]
    weights: tuple[float, ...]


@lru_cache(maxsize=32)
def chances(a: float, b: float, most_repeats: int) -> Chances:
    """Points for means over Beta(a, b + x) for any x up to four times the most repeats that were seen.

    The trapezoidal rule in log odds, where the density is smooth and decays on both sides: its error falls
    exponentially with the step. The ends stand for the geometric series beyond them.
    """
    step = _STEP / math.sqrt(max(1.0, a))
    most = max(4.0 * most_repeats, 100.0)
    low = max(-math.log1p((b + most) / a) - _TAIL / a, -_FARTHEST)
    high = min(math.log1p(a / b) + _TAIL / b, _FARTHEST)
    odds = low + step * np.arange(math.ceil((high - low) / step) + 1)
    log_leaving, log_staying = -np.logaddexp(0.0, -odds), -np.logaddexp(0.0, odds)
    logs = a * log_leaving + b * log_staying
    weights = np.exp(logs - logs.max())
    weights[0] += weights[0] / math.expm1(a * step)
    weights[-1] += weights[-1] / math.expm1(b * step)
    return Chances(tuple(log_leaving.tolist()), tuple(log_staying.tolist()), tuple(weights.tolist()))


def probability_alive(model: PurchaseModel, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
    """(n,) chances that each customer has not left: 1 for who never came back, since leaving follows a repeat.

    `x` repeat purchases, `t_x` time from first to last purchase, `age` time from first purchase to the as-of date.

    >>> cdnow = PurchaseModel(0.2426, 4.4136, 0.7929, 2.4259, (0, 0, 0, 0), -9582.43, 2357, "weeks", 29)
    >>> probability_alive(cdnow, np.array([0, 2]), np.array([0.0, 30.43]), np.array([38.86, 38.86])).round(3)
    array([1.   , 0.727])
    """
    x, t_x, age = (np.asarray(values, dtype=np.float64) for values in (x, t_x, age))
    logs = (model.r + x) * (np.log(model.alpha + age) - np.log(model.alpha + t_x))
    repeats = np.maximum(x, 1.0)
    # Beyond e^700 a chance is 0 in double precision.
    against = model.a / (model.b + repeats - 1.0) * np.exp(np.minimum(logs, 700.0))
    result: np.ndarray = np.where(x > 0, 1.0 / (1.0 + against), 1.0)
    return result


def expected_purchases(
    model: PurchaseModel, x: np.ndarray, t_x: np.ndarray, age: np.ndarray, horizon: float
) -> np.ndarray:
    """(n,) purchases each customer is expected to make within the horizon, in the model's unit of time.

    >>> cdnow = PurchaseModel(0.2426, 4.4136, 0.7929, 2.4259, (0, 0, 0, 0), -9582.43, 2357, "weeks", 29)
    >>> expected_purchases(cdnow, np.array([2]), np.array([30.43]), np.array([38.86]), 39.0).round(3)
    array([1.226])
    """
    found: np.ndarray = probability_alive(model, x, t_x, age) * while_alive(model, x, age, ((horizon, 1.0),))
    return found


def while_alive(
    model: PurchaseModel, x: np.ndarray, age: np.ndarray, dates: tuple[tuple[float, float], ...]
) -> np.ndarray:
    """(n,) purchases expected of a customer who has not left, summed over dates with their weights.

    With a chance p of leaving and s = t / (alpha + age) it is the mean of (1 - (1 + p s)^-(r + x)) / p over p from
    Beta(a, b + x). By Euler's integral this is the hypergeometric form of the paper; each of its terms is positive,
    so that nothing cancels for short horizons, nothing overflows for long ones, and a = 1 is no special case.
    Customers of the same x and age are worked out once.
    """
    both = np.stack([np.asarray(x, dtype=np.float64), np.asarray(age, dtype=np.float64)])
    pairs, places = np.unique(both, axis=1, return_inverse=True)
    repeats, ages = pairs
    points = chances(model.a, model.b, model.most_repeats)
    above, below = np.zeros(len(ages)), np.zeros(len(ages))
    for log_p, log_q, weight in zip(points.log_leaving, points.log_staying, points.weights, strict=True):
        share = weight * np.exp(repeats * log_q)
        p = math.exp(log_p)
        bought = np.zeros(len(ages))
        for t, counted in dates:
            bought += counted * -np.expm1(-(model.r + repeats) * np.log1p(p * t / (model.alpha + ages)))
        above += share * bought / p
        below += share
    found: np.ndarray = np.asarray(above / below)[places.reshape(-1)]
    return found


def expected_spend(model: SpendModel, x: np.ndarray, mean_spend: np.ndarray) -> np.ndarray:
    """(n,) amount each customer's next purchase is expected to be of: their own mean drawn towards that of all.

    Who has no repeat purchase (or one of nothing) is expected to spend what customers spend on average.

    >>> cdnow = SpendModel(6.25, 3.74, 15.44, (0, 0, 0), -4659.0, 946, 0.1)
    >>> expected_spend(cdnow, np.array([0, 2]), np.array([np.nan, 22.35])).round(2)
    array([35.22, 24.66])
    """
    x, mean_spend = np.asarray(x, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
    usual = model.p * model.v / (model.q - 1.0)
    known = (x > 0) & (mean_spend > 0)
    own = np.where(known, model.p * x / (model.p * x + model.q - 1.0), 0.0)
    result: np.ndarray = own * np.where(known, mean_spend, 0.0) + (1.0 - own) * usual
    return result


def lifetime_value(
    model: LifetimeModel, x: np.ndarray, t_x: np.ndarray, age: np.ndarray, mean_spend: np.ndarray
) -> np.ndarray:
    """(n,) margin on the purchases expected within the horizon, discounted to the as-of date."""
    present = probability_alive(model.purchases, x, t_x, age) * while_alive(model.purchases, x, age, model.dates)
    result: np.ndarray = model.margin * expected_spend(model.spend, x, mean_spend) * present
    return result
