"""The bins that a feature was cut into at the fit, in the words of a reader. Counts nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from segmentry.features.feature import Feature
from segmentry.features.levels import step_names
from segmentry.profiles.baseline import Baseline
from segmentry.profiles.wording import say_exactly, say_number

OTHERS = "others"
_STEPS = ("count", "years", "days", "level", "flag", "score", "rating")  # units whose values are whole numbers


@dataclass(frozen=True)
class BinDrift:
    """One bin of a feature, and the shares of all customers that were in it at the fit, and are now."""

    bin: str  # "up to $31,000", "web", "missing"
    then: float
    now: float


def bin_names(baseline: Baseline, feature: Feature) -> tuple[str, ...]:
    """A name for each of the baseline's bins, in their order.

    >>> months = Feature("visits", "Visits", "count", "visits", "column", ("visits",))
    >>> bin_names(Baseline("visits", 90, 0.0, (0.2, 0.3, 0.3, 0.2), edges=(1.0, 2.0, 5.0)), months)
    ('up to 1', '2', '3 to 5', '6 and more')
    >>> paid = Feature("paid", "Paid", "money", "spend", "column", ("paid",), symbol="$")
    >>> bin_names(Baseline("paid", 90, 0.0, (0.5, 0.4, 0.1), edges=(20.5, 31.0)), paid)
    ('up to $20.5', '$20.5 to $31', 'above $31')
    """
    if baseline.levels:
        return (*baseline.levels, OTHERS)
    edges = baseline.edges
    if not edges:
        return ("any value",)
    whole = feature.unit in _STEPS and all(edge.is_integer() for edge in edges)
    named = ("no", "yes") if feature.unit == "flag" else step_names(feature.levels) if feature.unit == "level" else ()
    if named and whole:
        return _steps(edges, named)
    if whole:
        say = _said([*edges, *(edge + 1 for edge in edges)], feature)
        between = [_span(say(low + 1), say(high)) for low, high in pairwise(edges)]
        return (f"up to {say(edges[0])}", *between, f"{say(edges[-1] + 1)} and more")
    say = _said(edges, feature)
    return (
        f"up to {say(edges[0])}",
        *(_span(say(low), say(high)) for low, high in pairwise(edges)),
        f"above {say(edges[-1])}",
    )


def _said(edges: Sequence[float], feature: Feature) -> Callable[[float], str]:
    """How these values are written: shortly, unless two of them would then look alike."""
    short = {say_number(edge, feature.unit, feature.symbol) for edge in edges}
    if len(short) == len(set(edges)):
        return lambda value: say_number(value, feature.unit, feature.symbol)
    return lambda value: say_exactly(float(f"{value:.6g}"), feature.unit, feature.symbol)


def _span(low: str, high: str) -> str:
    """
    >>> _span("35 years", "42 years"), _span("12 %", "20 %"), _span("3", "3")
    ('35 to 42 years', '12 to 20 %', '3')
    """
    if low == high:
        return low
    number, _, unit = low.partition(" ")
    return f"{number if unit and high.endswith(f' {unit}') else low} to {high}"


def _steps(edges: Sequence[float], named: Sequence[str]) -> tuple[str, ...]:
    """The levels of an ordered scale that each bin holds; beyond the last there may be none."""
    ends = [-1, *(min(int(edge), len(named) - 1) for edge in edges), len(named) - 1]
    held = [named[low + 1 : high + 1] for low, high in pairwise(ends)]
    return tuple(" or ".join(names) if len(names) < 3 else f"{names[0]} to {names[-1]}" for names in held)
