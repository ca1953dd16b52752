"""The published example: a tenth of the CDNOW customers, calibrated to the end of September 1997, in weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

LAST_DAY = date(1997, 9, 30)


@dataclass(frozen=True)
class Cdnow:
    """By customer: repeats, recency, age, mean repeat spend, purchases afterwards; and when all repeats were."""

    x: np.ndarray
    t_x: np.ndarray
    age: np.ndarray
    spend: np.ndarray
    later: np.ndarray
    repeat_times: np.ndarray


@pytest.fixture(scope="session")
def cdnow(shared_data: Path) -> Cdnow:
    spent: dict[str, dict[date, float]] = {}
    for line in (shared_data / "CDNOW_sample.txt").read_text().splitlines():
        _, customer, day, _, amount = line.split()
        days = spent.setdefault(customer, {})
        when = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        days[when] = days.get(when, 0.0) + float(amount)  # orders of one day are one purchase
    first_day = min(min(days) for days in spent.values())
    rows = [row(days) for days in spent.values()]
    times = [(day - first_day).days / 7 for days in spent.values() for day in sorted(days)[1:]]
    return Cdnow(*(np.array(column) for column in zip(*rows, strict=True)), np.array(times))


def row(days: dict[date, float]) -> tuple[float, float, float, float, float]:
    known = sorted(day for day in days if day <= LAST_DAY)
    x = len(known) - 1
    spend = sum(days[day] for day in known[1:]) / x if x else float("nan")
    return x, (known[-1] - known[0]).days / 7, (LAST_DAY - known[0]).days / 7, spend, len(days) - len(known)


def plant(n: int, seed: int) -> Cdnow:
    """Customers whose true parameters are those published for CDNOW: p 6.25, q 3.74, v 15.44 for spend.

    Purchases are counted at the moment they happen (to a millionth of a week), as the model takes them.
    """
    random = np.random.default_rng(seed)
    rate, leaving = random.gamma(0.243, 1 / 4.414, n), random.beta(0.793, 2.426, n)
    age = random.integers(140, 273, n) / 7
    x, t_x, now, there = np.zeros(n), np.zeros(n), np.zeros(n), np.arange(n)
    while len(there):
        now[there] += random.exponential(1 / np.maximum(rate[there], 1e-300))
        there = there[now[there] < age[there]]
        x[there] += 1
        t_x[there] = now[there]
        there = there[random.random(len(there)) > leaving[there]]
    scale = random.gamma(3.74, 1 / 15.44, n)
    spend = np.where(x > 0, random.gamma(np.maximum(6.25 * x, 1.0)) / scale / np.maximum(x, 1.0), np.nan)
    return Cdnow(x, np.minimum(np.ceil(t_x * 1e6) / 1e6, age), age, spend, np.zeros(n), np.zeros(0))


@pytest.fixture(scope="session")
def planted() -> Cdnow:
    return plant(100_000, seed=5)
