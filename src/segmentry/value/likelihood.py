"""Maximum likelihood over positive parameters, to the last digit that is reported, with standard errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from segmentry.errors import ValueModelError

SIGNIFICANT = 7  # digits of a reported parameter; standard errors of real data change the second or third
_BOUND = 12.0  # of a parameter's logarithm: e^12 is where a distribution has shrunk to a point
_SETTLED = 1e-7  # slope of the mean log-likelihood, in log parameters, at which the top is reached
_TOO_LITTLE = "Give a longer purchase log or more customers, or fit without value (--no-value)."
# A longer log of customers who are as this one shows them shows the same.
_AS_IT_IS = (
    "If that is so, there is nothing to estimate: fit without value (--no-value). If not, the log is too short to show "
    "it, or lacks orders, as of customers who left."
)

Slopes = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Parameter:
    """What a parameter is about, and what it means that it has no upper or no lower end, in words."""

    about: str
    without_upper_end: str
    without_lower_end: str


@dataclass(frozen=True)
class Estimate:
    """Parameters at the top of a likelihood, and their standard errors by the delta method."""

    parameters: tuple[float, ...]
    errors: tuple[float, ...]
    log_likelihood: float


def maximise(
    likelihood: Slopes, starts: Sequence[Sequence[float]], parameters: Sequence[Parameter], n: float
) -> Estimate:
    """The parameters of the highest log-likelihood. `likelihood` gives it and its slopes at the parameters.

    It is climbed in logarithms, by L-BFGS-B from each start in turn until one arrives, then by Newton's steps, whose
    curvature is also the observed information. Raises ValueModelError when no start arrives.
    """
    reason = ends = ""
    for start in starts:
        top = _climb(likelihood, np.log(start), n)
        curvature = _curvature(likelihood, top)
        for _ in range(8):
            slope = -_in_logs(likelihood, top)[1]
            if not _is_hill(curvature):
                break
            step = np.linalg.solve(curvature, slope)
            if np.abs(step).max() > 1.0:
                break
            top = top - step
            if np.abs(step).max() < 1e-11:
                break
            curvature = _curvature(likelihood, top)
        ends = _ends(top, parameters)
        reason = ends or _doubt(likelihood, top, curvature, parameters, n)
        if not reason:
            return _estimate(likelihood, top, curvature)
    raise ValueModelError(
        "The purchases do not settle a model of lifetime value.",
        found=reason,
        remedy=_AS_IT_IS if ends else _TOO_LITTLE,
    )


def _in_logs(likelihood: Slopes, logs: np.ndarray) -> tuple[float, np.ndarray]:
    value, slopes = likelihood(np.exp(logs))
    return value, slopes * np.exp(logs)


def _climb(likelihood: Slopes, start: np.ndarray, n: float) -> np.ndarray:
    def downhill(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, slopes = _in_logs(likelihood, logs)
        return -value / n, -slopes / n

    bounds = [(-_BOUND, _BOUND)] * len(start)
    options = {"maxiter": 500, "ftol": 1e-15, "gtol": 1e-9}
    found = minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    top: np.ndarray = np.asarray(found.x, dtype=np.float64)
    return top


def _curvature(likelihood: Slopes, top: np.ndarray) -> np.ndarray:
    """Second derivatives of -log-likelihood in log parameters, from central differences of exact slopes."""
    rows, reach = [], 1e-4
    for place in range(len(top)):
        aside = np.zeros(len(top))
        aside[place] = reach
        rows.append((_in_logs(likelihood, top - aside)[1] - _in_logs(likelihood, top + aside)[1]) / (2.0 * reach))
    matrix = np.array(rows)
    result: np.ndarray = (matrix + matrix.T) / 2.0
    return result


def _is_hill(curvature: np.ndarray) -> bool:
    return bool(np.isfinite(curvature).all() and np.linalg.eigvalsh(curvature).min() > 0)


def _ends(top: np.ndarray, parameters: Sequence[Parameter]) -> str:
    """What the purchases show where a parameter has no end; "" where each has one."""
    ends = [
        parameter.without_upper_end if log > 0 else parameter.without_lower_end
        for parameter, log in zip(parameters, top, strict=True)
        if abs(log) > _BOUND - 0.5
    ]
    return f"by these purchases, {ends[0]}" if ends else ""


def _doubt(
    likelihood: Slopes, top: np.ndarray, curvature: np.ndarray, parameters: Sequence[Parameter], n: float
) -> str:
    """Why this is no estimate; "" when it is one."""
    if not np.abs(_in_logs(likelihood, top)[1]).max() / n < _SETTLED:
        return "the search for the model that fits best came to no end"
    if not _is_hill(curvature):
        return "many models fit these purchases equally well"
    errors = np.sqrt(np.diag(np.linalg.inv(curvature)))
    loose = [parameter.about for parameter, error in zip(parameters, errors, strict=True) if error > 3.0]
    return f"these purchases do not tell, even roughly, how much customers differ in {loose[0]}" if loose else ""


def _estimate(likelihood: Slopes, top: np.ndarray, curvature: np.ndarray) -> Estimate:
    parameters = tuple(rounded(value) for value in np.exp(top))
    errors = np.exp(top) * np.sqrt(np.diag(np.linalg.inv(curvature)))
    height = likelihood(np.array(parameters))[0]
    return Estimate(parameters, tuple(rounded(e, 4) for e in errors), round(float(height), 4))


def rounded(value: float, digits: int = SIGNIFICANT) -> float:
    """A number to so many significant digits, so that the last bits of a platform's logarithm change nothing.

    >>> rounded(0.24259345678)
    0.2425935
    """
    return float(f"{value:.{digits}g}")
