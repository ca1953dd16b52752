"""Figures in the sentences of findings: counts, shares, and ranges that give no single value away."""

from __future__ import annotations

import math


def share(part: int, whole: int) -> str:
    """A share as a reader says it; never 0 % of something, never 100 % of less than all.

    >>> share(24, 2240), share(1, 100_000), share(999, 1000), share(5, 5)
    ('1.1 %', 'under 0.1 %', '99.9 %', '100 %')
    """
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.1:
        return "under 0.1 %"
    text = f"{percent:.1f}" if percent < 10 or 99 < percent < 100 else f"{percent:.0f}"
    if text == "100.0" and part < whole:
        return "over 99.9 %"
    return f"{text.removesuffix('.0')} %"


def number(value: float) -> str:
    """A number with the digits that matter.

    >>> number(118350.0), number(0.25), number(12.3456), number(-0.0)
    ('118,350', '0.25', '12.3', '0')
    """
    if value == 0:
        return "0"
    if abs(value) >= 1000 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.3g}"


def rough(low: float, high: float) -> str:
    """A range that holds both ends, at two digits, so that it tells the size and not the value.

    >>> rough(666_666, 666_666), rough(153_924, 666_666), rough(20, 20)
    ('in the range 660,000 to 670,000', 'in the range 150,000 to 670,000', 'at 20')
    """
    start, end = _outward(low, down=True), _outward(high, down=False)
    return f"in the range {number(start)} to {number(end)}" if start < end else f"at {number(start)}"


def _outward(value: float, down: bool) -> float:
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    steps = value / step
    whole = math.floor(steps) if down else math.ceil(steps)
    return round(whole * step, 12)
