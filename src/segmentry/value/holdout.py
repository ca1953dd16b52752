"""Was the model right about what it had not seen? Predicted beside actual purchases after the as-of date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from segmentry.errors import InputError
from segmentry.features.lifetime import PurchaseModel, chances, expected_purchases
from segmentry.profiles.holdout import Holdout, HoldoutBin, HoldoutPoint

MOST_REPEATS = 7  # customers with as many repeats or more are one bin: few each, and much alike


def holdout(
    model: PurchaseModel,
    x: np.ndarray,
    t_x: np.ndarray,
    age: np.ndarray,
    later: np.ndarray,
    *,
    horizon: float,
    repeat_times: np.ndarray,
    repeat_counts: np.ndarray | None = None,
    customers: np.ndarray | None = None,
    cut: date | None = None,
) -> Holdout:
    """How well a model fitted up to the as-of date foresaw the purchases of the next `horizon`.

    `later` are the purchases of each customer (or group of `customers`) in that time. `repeat_times` are the times of
    all repeat purchases, before and after the as-of date, from the first day of the oldest customer on; with
    `repeat_counts`, as many at each time. All times are in the model's unit; `cut` is the as-of date.
    Raises InputError for a horizon that is not positive or arrays of different lengths.
    """
    x, t_x, age, later = (np.asarray(values, dtype=np.float64) for values in (x, t_x, age, later))
    weights = np.ones(len(x)) if customers is None else np.asarray(customers, dtype=np.float64)
    if horizon <= 0 or len({len(x), len(t_x), len(age), len(later), len(weights)}) > 1:
        raise InputError("A holdout needs a positive length, and one value a customer in each list.")
    order = np.lexsort((later, age, t_x, x))
    x, t_x, age, later, weights = (values[order] for values in (x, t_x, age, later, weights))
    predicted = expected_purchases(model, x, t_x, age, horizon)
    return Holdout(
        bins=_bins(x, predicted, later, weights),
        track=_track(model, age, weights, horizon, repeat_times, repeat_counts),
        starts=float(age.max()),
        horizon=float(horizon),
        time_unit=model.time_unit,
        cut=cut,
        expected_total=float((weights * predicted).sum()),
        actual_total=float((weights * later).sum()),
    )


def _bins(x: np.ndarray, predicted: np.ndarray, later: np.ndarray, weights: np.ndarray) -> tuple[HoldoutBin, ...]:
    places = np.minimum(x, MOST_REPEATS).astype(np.int64)
    found = []
    for repeats in np.unique(places).tolist():
        inside = places == repeats
        n = weights[inside].sum()
        expected, actual = ((weights[inside] * values[inside]).sum() / n for values in (predicted, later))
        found.append(HoldoutBin(repeats, repeats == MOST_REPEATS, int(n), float(expected), float(actual)))
    return tuple(found)


def _track(
    model: PurchaseModel,
    age: np.ndarray,
    weights: np.ndarray,
    horizon: float,
    repeat_times: np.ndarray,
    repeat_counts: np.ndarray | None,
) -> tuple[HoldoutPoint, ...]:
    times = np.asarray(repeat_times, dtype=np.float64)
    counts = np.ones(len(times)) if repeat_counts is None else np.asarray(repeat_counts, dtype=np.float64)
    order = np.argsort(times, kind="stable")
    times, summed = times[order], np.concatenate([[0.0], np.cumsum(counts[order])])
    joined, cohort = np.unique(age.max() - age, return_inverse=True)
    sizes = np.bincount(cohort.reshape(-1), weights=weights)
    points = []
    for time in _times(float(age.max()), horizon, model.time_unit):
        since = np.maximum(time - joined, 0.0)
        expected = float((sizes * from_the_start(model, since)).sum())
        points.append(HoldoutPoint(time, expected, float(summed[np.searchsorted(times, time, side="right")])))
    return tuple(points)


def _times(starts: float, horizon: float, time_unit: str) -> Sequence[float]:
    step = 7.0 if time_unit == "days" else 1.0
    ends = starts + horizon
    times: list[float] = np.arange(step, ends, step).tolist()
    return [*times, ends]


def from_the_start(model: PurchaseModel, since: np.ndarray) -> np.ndarray:
    """Repeat purchases expected of a customer within a time from the first purchase on."""
    # The mean over customers about whom nothing is known yet: no repeats, no age.
    points = chances(model.a, model.b, model.most_repeats)
    p, weights = np.exp(np.array(points.log_leaving)), np.array(points.weights)
    bought = -np.expm1(-model.r * np.log1p(p[:, None] * (since / model.alpha))) / p[:, None]
    result: np.ndarray = (weights[:, None] * bought).sum(axis=0) / weights.sum()
    return result
