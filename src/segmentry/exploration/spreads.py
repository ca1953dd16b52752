"""How columns of numbers are spread, over all rows, in two passes. Sums are whole-number, so that no order matters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.exploration.inspection import Spread
from segmentry.features.outlying import FENCE
from segmentry.tables import collect_rows

# Steps from the least to the largest value; their squares, summed over the rows, stay below 2^63.
_FINE, _COARSE, _MANY = 2**20, 2**14, 4_000_000


def measure_spreads(frame: nw.LazyFrame[Any], names: Sequence[str]) -> dict[str, Spread]:
    """The spread of each column that holds a number at all.

    >>> frame = nw.from_dict({"age": [30.0, 41.0, None, 52.0]}, backend="polars").lazy()
    >>> measure_spreads(frame, ["age"])["age"].mean
    41.0
    """
    if not names:
        return {}
    first = _collect(frame, {f"{i}:{k}": e for i, name in enumerate(names) for k, e in _places(name).items()})
    known = {name: i for i, name in enumerate(names) if first[f"{i}:minimum"] is not None}
    if not known:
        return {}
    fences = {name: _fences(float(first[f"{i}:q1"]), float(first[f"{i}:q3"])) for name, i in known.items()}
    sums: dict[str, nw.Expr] = {}
    steps = _FINE if int(first["n"]) < _MANY else _COARSE
    for name, i in known.items():
        low, high = float(first[f"{i}:minimum"]), float(first[f"{i}:maximum"])
        sums |= {f"{i}:{k}": e for k, e in _sums(name, low, high, steps, fences[name]).items()}
    second = _collect(frame, sums)
    return {name: _spread(i, first, second, steps, fences[name]) for name, i in known.items()}


def _collect(frame: nw.LazyFrame[Any], expressions: dict[str, nw.Expr]) -> dict[str, Any]:
    return collect_rows(frame.select(n=nw.len(), **expressions))[0]


def _places(name: str) -> dict[str, nw.Expr]:
    own = nw.col(name)
    return {
        "known": own.count(),
        "minimum": own.min(),
        "q1": own.quantile(0.25, interpolation="lower"),
        "median": own.quantile(0.5, interpolation="lower"),
        "q3": own.quantile(0.75, interpolation="lower"),
        "maximum": own.max(),
    }


def _fences(q1: float, q3: float) -> tuple[float, float] | None:
    return None if q1 == q3 else (q1 - FENCE * (q3 - q1), q3 + FENCE * (q3 - q1))


def _sums(name: str, low: float, high: float, steps: int, fences: tuple[float, float] | None) -> dict[str, nw.Expr]:
    own = nw.col(name)
    step = ((own - low) / ((high - low) or 1.0) * float(steps) + 0.5).floor().cast(nw.Int64)
    found = {"sum": step.sum(), "squares": (step * step).sum()}
    if fences is not None:
        below, above = own < fences[0], own > fences[1]
        found |= {
            "n_below": below.sum(),
            "n_above": above.sum(),
            "below": nw.when(below).then(own).max(),
            "above": nw.when(above).then(own).min(),
        }
    return found


def _spread(
    i: int, first: dict[str, Any], second: dict[str, Any], steps: int, fences: tuple[float, float] | None
) -> Spread:
    n, low, high = int(first[f"{i}:known"]), float(first[f"{i}:minimum"]), float(first[f"{i}:maximum"])
    total, squares = int(second[f"{i}:sum"]), int(second[f"{i}:squares"])
    unit = (high - low) / steps

    def of(key: str) -> float | None:
        found = second.get(f"{i}:{key}")
        return None if found is None else float(found)

    return Spread(
        minimum=low,
        q1=float(first[f"{i}:q1"]),
        median=float(first[f"{i}:median"]),
        q3=float(first[f"{i}:q3"]),
        maximum=high,
        mean=_shortest(low + unit * total / n),
        sd=_shortest(unit * math.sqrt(max(n * squares - total * total, 0)) / n),
        fences=fences,
        n_below=int(of("n_below") or 0),
        n_above=int(of("n_above") or 0),
        below=of("below"),
        above=of("above"),
    )


def _shortest(value: float) -> float:
    # The steps are good for six digits; further ones would only look exact.
    return float(f"{value:.6g}")
