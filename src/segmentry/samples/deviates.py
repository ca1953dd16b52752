"""Random numbers by address: the number of a row in a stream, computed without those before it.

Only whole numbers and the four operations are used, never a library's distributions or logarithms,
whose last digit differs between versions and machines: a sample is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_PER_COUNTER = 4  # 64-bit numbers that Philox makes of one counter
_SIXTEEN_BITS_SUM_MEAN = 4 * 65535 / 2
_SIXTEEN_BITS_SUM_SD = sqrt(4 * (65536**2 - 1) / 12)


@dataclass(frozen=True)
class Deviates:
    """Random numbers for the rows `start`, `start + 1`, ... of a sample; each stream is independent.

    >>> (Deviates(seed=1, start=0, rows=9).uniform(5)[4:] == Deviates(seed=1, start=4, rows=5).uniform(5)).all()
    np.True_
    """

    seed: int
    start: int
    rows: int

    def uniform(self, stream: int) -> Numbers:
        """Numbers from 0 up to, but never, 1."""
        return (self._raw(stream) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def normal(self, stream: int) -> Numbers:
        """Nearly normal numbers of mean 0 and standard deviation 1, never beyond 3.47."""
        parts = self._raw(stream).view(np.uint16).reshape(-1, 4)
        total = parts[:, 0].astype(np.float64)
        for place in (1, 2, 3):
            total += parts[:, place]
        return (total - _SIXTEEN_BITS_SUM_MEAN) / _SIXTEEN_BITS_SUM_SD

    def _raw(self, stream: int) -> npt.NDArray[np.uint64]:
        counter, skip = divmod(self.start, _PER_COUNTER)
        key = np.array([self.seed, stream], dtype=np.uint64)
        numbers = np.random.Philox(counter=counter, key=key).random_raw(self.rows + skip)[skip:]
        return np.ascontiguousarray(numbers, dtype=np.uint64)


def grow(exponent: Numbers) -> Numbers:
    """Nearly e to the power of small numbers, by multiplication alone: it gives amounts their long right tail.

    >>> grow(np.array([0.0, 0.8])).round(2).tolist()
    [1.0, 2.14]
    """
    power = 1.0 + exponent / 8.0
    for _ in range(3):
        power = power * power
    return power


def whole(numbers: Numbers) -> npt.NDArray[np.int64]:
    """Rounded half up."""
    return np.floor(numbers + 0.5).astype(np.int64)
