"""BG/NBD by maximum likelihood: how often customers buy and how soon they leave (Fader, Hardie and Lee 2005)."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from segmentry.features.lifetime import PurchaseModel
from segmentry.value.counts import PurchaseCounts
from segmentry.value.likelihood import Parameter, maximise

_OFTEN = Parameter(
    "how often they buy", "all customers buy equally often", "customers differ without limit in how often they buy"
)
_LEAVING = Parameter("how soon they leave", "all customers are equally likely to leave", "no customer ever leaves")
_STAYING = Parameter("how soon they leave", "no customer ever leaves", "every customer leaves at once")


def fit_purchases(counts: PurchaseCounts) -> PurchaseModel:
    """The model whose parameters make these counts likeliest.

    Raises ValueModelError when the counts do not settle them, such as when nobody ever seems to leave.
    """
    age = float((counts.age * counts.customers).sum() / counts.n_customers)
    repeats = float((counts.x * counts.customers).sum() / counts.n_customers)
    starts = (
        (1.0, max(age / max(repeats, 0.1), 1e-3), 1.0, 2.0),
        (0.3, age / 8.0, 0.8, 2.5),
        (2.0, age, 0.1, 1.0),
    )

    def likelihood(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        return log_likelihood(parameters, counts)

    found = maximise(likelihood, starts, (_OFTEN, _OFTEN, _LEAVING, _STAYING), counts.n_customers)
    r, alpha, a, b = found.parameters
    e_r, e_alpha, e_a, e_b = found.errors
    return PurchaseModel(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        errors=(e_r, e_alpha, e_a, e_b),
        log_likelihood=found.log_likelihood,
        n_customers=counts.n_customers,
        time_unit=counts.time_unit,
        most_repeats=int(counts.x.max()),
    )


def log_likelihood(parameters: np.ndarray, counts: PurchaseCounts) -> tuple[float, np.ndarray]:
    """The log-likelihood of (r, alpha, a, b) and its four slopes.

    A customer with x repeats, the last at t_x, is either still there at the end or left after the last:
    the sum of both, in logarithms.
    """
    r, alpha, a, b = parameters
    x, weights = counts.x, counts.customers
    values, places = np.unique(x, return_inverse=True)
    again = values > 0
    shared = gammaln(r + values) - gammaln(r) + r * np.log(alpha)
    shared += gammaln(a + b) + gammaln(b + values) - gammaln(b) - gammaln(a + b + values)
    log_end, log_last = np.log(alpha + counts.age), np.log(alpha + counts.t_x)
    there = -(r + x) * log_end
    left = np.full(len(x), -np.inf)
    back = x > 0
    left[back] = np.log(a) - np.log(b + x[back] - 1.0) - (r + x[back]) * log_last[back]
    either = np.logaddexp(there, left)
    p_there = np.exp(there - either)
    p_left = np.where(back, 1.0 - p_there, 0.0)
    of_r = (digamma(r + values) - digamma(r) + np.log(alpha))[places] - p_there * log_end - p_left * log_last
    of_alpha = r / alpha - (r + x) * (p_there / (alpha + counts.age) + p_left / (alpha + counts.t_x))
    together = digamma(a + b) - digamma(a + b + values)
    of_a = together[places] + p_left / a
    reach = np.where(again, b + values - 1.0, 1.0)
    of_b = (together + digamma(b + values) - digamma(b))[places] - p_left / reach[places]
    # NumPy adds in pairs, on one thread: the same sum each time.
    height = float((weights * (shared[places] + either)).sum())
    return height, np.array([float((weights * slopes).sum()) for slopes in (of_r, of_alpha, of_a, of_b)])
