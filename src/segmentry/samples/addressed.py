"""Random numbers for whatever has an address, such as a customer's seventh order, and the distributions of shopping.

As in `deviates`, only whole numbers, the four operations and square roots are used: logarithms are worked out here, so
that a sample is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segmentry.samples.deviates import Numbers

Addresses = npt.NDArray[np.uint64]

_LN2 = 0.6931471805599453
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_TRIES = 64


def uniform_at(seed: int, stream: int, address: Addresses) -> Numbers:
    """Numbers above 0 and below 1, the same for the same seed, stream and address (the finaliser of SplitMix64).

    >>> at = np.array([3, 4], dtype=np.uint64)
    >>> bool((uniform_at(1, 2, at)[1:] == uniform_at(1, 2, at[1:])).all())
    True
    """
    start = np.uint64((seed * _GOLDEN + (stream + 1) * 0xD1342543DE82EF95) & _MASK)
    with np.errstate(over="ignore"):
        z = _mixed(_mixed(address + start) + np.uint64(_GOLDEN))
    return ((z >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _mixed(z: Addresses) -> Addresses:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def log(x: Numbers) -> Numbers:
    """The natural logarithm of positive numbers, by arithmetic alone.

    >>> round(float(log(np.array([10.0]))[0]), 12)
    2.302585092994
    """
    mantissa, exponent = np.frexp(x)
    low = mantissa < 0.7071067811865476
    mantissa, exponent = np.where(low, mantissa * 2.0, mantissa), np.where(low, exponent - 1, exponent)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square, total = s * s, np.zeros_like(s)
    for odd in range(25, 0, -2):
        total = total * square + 1.0 / odd
    result: Numbers = 2.0 * s * total + exponent * _LN2
    return result


def exp(x: Numbers) -> Numbers:
    """e to the power of moderate numbers, by arithmetic alone.

    >>> round(float(exp(np.array([1.0]))[0]), 12)
    2.718281828459
    """
    whole = np.floor(x / _LN2 + 0.5)
    rest = x - whole * _LN2
    total = np.ones_like(rest)
    for n in range(18, 0, -1):
        total = 1.0 + rest * total / n
    result: Numbers = np.ldexp(total, np.maximum(whole, -1070.0).astype(np.int64))
    return result


# Coefficients of P. J. Acklam's rational approximation to the normal quantile (relative error below 1.2e-9).
_A = (-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.3577518672690, -30.66479806614716,
      2.506628277459239)  # fmt: skip
_B = (-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1.0)
_C = (-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
      2.938163982698783)  # fmt: skip
_D = (0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661742416, 1.0)
_TAIL = 0.02425


def normal(u: Numbers) -> Numbers:
    """Normal numbers of mean 0 and standard deviation 1 from numbers between 0 and 1."""
    inner = u - 0.5
    square = inner * inner
    middle = _polynomial(_A, square) * inner / _polynomial(_B, square)
    tail = np.sqrt(-2.0 * log(np.minimum(u, 1.0 - u)))
    outer = _polynomial(_C, tail) / _polynomial(_D, tail)
    far = (u < _TAIL) | (u > 1.0 - _TAIL)
    result: Numbers = np.where(far, np.where(u < 0.5, outer, -outer), middle)
    return result


def _polynomial(coefficients: Sequence[float], x: Numbers) -> Numbers:
    total = np.zeros_like(x)
    for c in coefficients:
        total = total * x + c
    return total


def gamma_at(shape: float | Numbers, seed: int, stream: int, address: Addresses) -> Numbers:
    """Gamma numbers of this shape and scale 1 (Marsaglia and Tsang, 2000); uses 200 streams from `stream` on."""
    shapes = np.broadcast_to(np.asarray(shape, dtype=np.float64), address.shape)
    lifted = np.where(shapes < 1.0, shapes + 1.0, shapes)
    d = lifted - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    result = d.copy()
    left = np.arange(len(address))
    for attempt in range(_TRIES):
        x = normal(uniform_at(seed, stream + 2 * attempt, address[left]))
        u = uniform_at(seed, stream + 2 * attempt + 1, address[left])
        root = 1.0 + c[left] * x
        v = root * root * root
        safe = np.where(v > 0, v, 1.0)
        taken = (v > 0) & (log(u) < 0.5 * x * x + d[left] * (1.0 - safe + log(safe)))
        result[left[taken]] = d[left[taken]] * v[taken]
        left = left[~taken]
        if not len(left):
            break
    small = shapes < 1.0
    if small.any():
        lift = exp(log(uniform_at(seed, stream + 199, address[small])) / shapes[small])
        result[small] = result[small] * lift
    return result
