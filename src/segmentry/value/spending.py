"""Gamma-Gamma by maximum likelihood: what an order of a customer is worth (Fader, Hardie and Lee 2005)."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import digamma, gammaln

from segmentry.errors import NotEnoughDataError, Notice, ValueModelError
from segmentry.features.lifetime import SpendModel
from segmentry.value.likelihood import Parameter, maximise, rounded

FEWEST = 30  # repeat buyers
_LIMITLESS = "what customers spend differs without limit"
_EACH = Parameter("what they spend", "each customer always spends the same", _LIMITLESS)
_ALL = Parameter("what they spend", "all customers spend alike", _LIMITLESS)
RELATED = 0.15  # correlation of frequency and spend beyond which the model's premise does not hold


def fit_spend(x: np.ndarray, mean_spend: np.ndarray, customers: np.ndarray | None = None) -> SpendModel:
    """The model that makes the mean spend of repeat purchases likeliest, from customers with x > 0 who spent something.

    Raises NotEnoughDataError with fewer than 30 of them, ValueModelError when they do not settle the model, or when it
    has no mean (q of 1 or less: a few customers spend without bound).
    """
    repeats, spend = np.asarray(x, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
    weights = np.ones(len(repeats)) if customers is None else np.asarray(customers, dtype=np.float64)
    used = (repeats > 0) & (spend > 0) & np.isfinite(spend)
    repeats, spend, weights = repeats[used], spend[used], weights[used]
    if weights.sum() < FEWEST:
        raise NotEnoughDataError(
            "There are too few repeat buyers to learn what an order is worth.",
            found=f"{int(weights.sum())} with a repeat purchase of more than nothing",
            remedy=f"It takes {FEWEST}: give a longer purchase log, or fit without value (--no-value).",
        )
    order = np.lexsort((spend, repeats))
    repeats, spend, weights = repeats[order], spend[order], weights[order]
    n = float(weights.sum())
    usual = float(np.median(spend))

    def likelihood(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        return log_likelihood(parameters, repeats, spend / usual, weights)

    # In units of the median, so that neither cents nor yen move the start away from the top.
    found = maximise(likelihood, ((4.0, 4.0, 1.0), (1.0, 2.0, 1.0), (20.0, 10.0, 0.5)), (_EACH, _ALL, _ALL), n)
    (p, q, v), (e_p, e_q, e_v) = found.parameters, found.errors
    if q <= 1.0:
        raise ValueModelError(
            "Spend has no mean under this model: a few customers spend without bound.",
            found=f"q = {q:.3g}, which must be above 1",
            remedy="Look for mistaken amounts, or for shops among the customers; or fit without value (--no-value).",
        )
    return SpendModel(
        p=p,
        q=q,
        v=rounded(v * usual),
        errors=(e_p, e_q, rounded(e_v * usual, 4)),
        log_likelihood=round(found.log_likelihood - n * math.log(usual), 4),
        n_customers=int(n),
        correlation=round(_correlation(repeats, spend, weights), 4),
    )


def relation_notice(model: SpendModel) -> Notice | None:
    """A warning where those who buy often spend otherwise than the rest, which the model takes as unrelated."""
    if abs(model.correlation) <= RELATED:
        return None
    how, off = ("more", "low") if model.correlation > 0 else ("less", "high")
    return Notice(
        "frequency-and-spend",
        f"Who buys more often spends {how} an order (correlation {model.correlation:.2f}), and the model of value "
        f"takes both as unrelated (within {RELATED}). It values the most frequent buyers too {off}: compare "
        "segments by it, and do not budget by it.",
    )


def log_likelihood(
    parameters: np.ndarray, repeats: np.ndarray, spend: np.ndarray, weights: np.ndarray
) -> tuple[float, np.ndarray]:
    """The log-likelihood of (p, q, v) and its three slopes."""
    p, q, v = parameters
    values, places = np.unique(repeats, return_inverse=True)
    log_total, log_spread = np.log(repeats * spend), np.log(repeats * spend + v)
    shared = gammaln(p * values + q) - gammaln(p * values) - gammaln(q) + q * np.log(v)
    rows = shared[places] + p * repeats * log_total - np.log(spend) - (p * repeats + q) * log_spread
    apart = (digamma(p * values + q) - digamma(p * values))[places]
    of_p = repeats * (apart + log_total - log_spread)
    of_q = digamma(p * values + q)[places] - digamma(q) + np.log(v) - log_spread
    of_v = q / v - (p * repeats + q) / (repeats * spend + v)
    return float((weights * rows).sum()), np.array([float((weights * s).sum()) for s in (of_p, of_q, of_v)])


def _correlation(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    n = weights.sum()
    dx, dy = x - (weights * x).sum() / n, y - (weights * y).sum() / n
    spread = math.sqrt(float((weights * dx * dx).sum()) * float((weights * dy * dy).sum()))
    return float((weights * dx * dy).sum()) / spread if spread else 0.0
