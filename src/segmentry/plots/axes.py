"""Axes in original units: their range, ticks and the words on them. Leaves the marks to the pictures."""

from __future__ import annotations

import itertools
import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from segmentry.features.feature import Unit
from segmentry.features.levels import step_names
from segmentry.profiles.profile import Measure
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segmentation

PERCENT = "format(100 * datum.value, '.3~g') + '\u00a0%'"  # the label of a share, as the texts write it


@dataclass(frozen=True)
class Span:
    """What an axis shows. `cut` tells that values lie beyond it, which are drawn on its edge."""

    low: float
    high: float
    log: bool
    cut: bool

    def place(self, value: float) -> float:
        """Where a value stands, from 0 to 1 along the axis."""
        low, high, at = (bend(v, self.log) for v in (self.low, self.high, value))
        return (at - low) / (high - low)

    def value(self, place: float) -> float:
        """The value that stands there: the way back of `place`."""
        low, high = bend(self.low, self.log), bend(self.high, self.log)
        at = low + place * (high - low)
        return math.expm1(at) if self.log else at

    def scale(self) -> alt.Scale:
        kind: dict[str, Any] = {"type": "symlog", "constant": 1} if self.log else {"type": "linear"}
        return alt.Scale(domain=[self.low, self.high], nice=False, zero=False, clamp=True, **kind)

    def ticks(self, about: int = 5) -> list[float]:
        return self._log_ticks(about) if self.log else linear_ticks(self.low, self.high, about)

    def _log_ticks(self, about: int) -> list[float]:
        powers = range(13)
        ranked = [0.0] + [10.0**p for p in powers] + [m * 10.0**p for m in (5, 2) for p in powers]
        chosen: list[float] = []
        for tick in ranked:
            near = any(abs(self.place(tick) - self.place(other)) < 0.8 / (about + 1) for other in chosen)
            if self.low <= tick <= self.high and not near:
                chosen.append(tick)
        return sorted(chosen)


def bend(value: float, log: bool) -> float:
    return math.log1p(max(value, 0.0)) if log else value


def linear_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two ends, about so many.

    >>> linear_ticks(3, 97)
    [20.0, 40.0, 60.0, 80.0]
    """
    step = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(step))
    step = power * min((1, 2, 5, 10), key=lambda m: abs(math.log(m * power / step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def span_of(segmentation: Segmentation, name: str, values: np.ndarray) -> Span:
    """An axis that shows all but far-away values, on a log scale where the recipe takes the logarithm.

    For what the recipe does not prepare, as what an RFM score is made from, the values decide.
    """
    known = np.sort(values[np.isfinite(values)])
    n = len(known)
    prepared = {s.feature.name: s.transform for s in segmentation.recipe.scales}
    log = known[0] >= 0 and (prepared[name] == "log1p" if name in prepared else _piled_up(known))
    low, high = (bend(float(known[round(q * (n - 1))]), log) for q in (0.005, 0.995))
    first, last = bend(float(known[0]), log), bend(float(known[-1]), log)
    room = 0.35 * (high - low)
    start = first if first >= low - room else low
    end = last if last <= high + room else high
    if end <= start:
        start, end = start - 1, end + 1
    pad = 0.03 * (end - start)
    floor = 0.0 if first >= 0 else -math.inf
    ends = (max(start - pad, floor), end + pad)
    if log:
        ends = (math.expm1(ends[0]), math.expm1(ends[1]))
    return Span(ends[0], ends[1], log, start > first or end < last)


def _piled_up(known: np.ndarray) -> bool:
    """Whether half of all values stand in the lowest twentieth of what would be shown, as counts of one and two do."""
    n = len(known)
    low, middle, high = (float(known[round(q * (n - 1))]) for q in (0.005, 0.5, 0.995))
    return middle - low < 0.05 * (high - low)


def axis_title(label: str, unit: Unit, symbol: str = "") -> str:
    """The label with its unit, where the label does not name it already.

    >>> axis_title("Age", "years"), axis_title("Days since the last purchase", "days")
    ('Age (years)', 'Days since the last purchase')
    """
    # Amounts in thousands are said in full on the ticks.
    word = {"money": symbol.removeprefix("k"), "share": "%", "flag": "%", "years": "years", "days": "days"}.get(
        unit, ""
    )
    return f"{label} ({word})" if word and word not in label.lower() else label


def tick_text(value: float, unit: Unit, symbol: str = "") -> str:
    """A tick's number; the unit of time stands in the axis title only."""
    if unit in ("share", "flag"):
        return f"{100 * value:g} %"
    return say_number(value, "number" if unit in ("years", "days", "count") else unit, symbol)


def tick_texts(ticks: Sequence[float], unit: Unit, symbol: str = "") -> list[str]:
    """The numbers of an axis, with as many decimals as it takes to tell its ticks apart.

    >>> tick_texts([1.4, 1.45, 1.5], "number"), tick_texts([20_000.0, 40_000.0], "money", "$")
    (['1.40', '1.45', '1.50'], ['$20,000', '$40,000'])
    """
    texts = [tick_text(t, unit, symbol) for t in ticks]
    if len(set(texts)) == len(texts) or unit in ("share", "flag"):
        return texts
    step = min(b - a for a, b in itertools.pairwise(sorted(ticks)))
    decimals = next((d for d in range(1, 7) if abs(round(step, d) - step) < 1e-9), 6)
    return [f"{t:,.{decimals}f}" for t in ticks]


def written_axis(
    ticks: Sequence[float], texts: Sequence[str], title: str | list[str] | None = None, **more: Any
) -> alt.Axis:
    """An axis with these ticks and these words; data text is quoted as JSON, never spliced into an expression."""
    expression = f"{json.dumps(list(texts))}[indexof({json.dumps(list(ticks))}, datum.value)]"
    return alt.Axis(values=list(ticks), labelExpr=expression, title=title, **more)


def whole(ticks: Sequence[float], unit: Unit) -> list[float]:
    """Whole numbers only, where no other value exists.

    >>> whole([0.0, 0.5, 1.0], "count"), whole([0.0, 0.5, 1.0], "money")
    ([0.0, 1.0], [0.0, 0.5, 1.0])
    """
    counted = unit in ("count", "level", "years", "days")
    return [t for t in ticks if not counted or float(t).is_integer()]


def bin_edges(span: Span, known: np.ndarray, bins: int) -> np.ndarray:
    """Equal steps; for whole numbers, steps of whole numbers, or some bars would hold more of them.

    >>> bin_edges(Span(0.0, 1.0, False, False), np.array([0.2, 0.7]), 2).tolist()
    [0.0, 0.5, 1.0]
    """
    if bool((known == np.round(known)).all()):
        step = max(1.0, float(np.ceil((span.high - span.low) / bins)))
        edges: np.ndarray = np.arange(np.floor(span.low) - 0.5, span.high + step, step)
        return edges
    return np.linspace(span.low, span.high, bins + 1)


def levels_of(segmentation: Segmentation, name: str) -> tuple[str, ...]:
    """The names of an ordered feature's levels, lowest first; empty for every other feature."""
    features = (s.feature for s in segmentation.recipe.scales)
    return step_names(next((f.levels for f in features if f.name == name and f.unit == "level"), ()))


def measure_axis(
    measure: Measure, span: Span, about: int = 6, title: bool = True, levels: Sequence[str] = (), **more: Any
) -> alt.Axis:
    """The axis of a measure in its unit; a level is written by its name."""
    ticks = whole(span.ticks(about), measure.unit)
    words = axis_title(measure.label, measure.unit, measure.symbol) + (", log scale" if span.log else "")
    texts = tick_texts(ticks, measure.unit, measure.symbol)
    if levels:
        ticks = [float(i) for i in range(len(levels)) if span.low <= i <= span.high]
        texts = [textwrap.shorten(levels[int(t)], 14, placeholder="…") for t in ticks]
    return written_axis(ticks, texts, words if title else None, **more)
