"""How columns hang together: correlations of numbers, and categories that fix one another.

Found on the sample and, where a sentence counts rows, counted over all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.errors import quoted
from segmentry.exploration.inspection import ColumnInspection, Finding
from segmentry.exploration.wording import share
from segmentry.features.feature import Feature
from segmentry.features.learning import learn_scale, prepared
from segmentry.tables import collect_rows

TOGETHER = 0.9
_FIXED = 0.9  # share of what there is to know of a category that another one tells
_MOST_LEVELS = 40
_ROWS_A_LEVEL = 5


def correlations(values: Mapping[str, np.ndarray]) -> tuple[tuple[str, ...], tuple[tuple[float, ...], ...]]:
    """Names and the matrix of Pearson's coefficients, of values capped and evened out as a fit does it.

    A column without two different values is left out.
    """
    scores: dict[str, np.ndarray] = {}
    for name in sorted(values):
        if np.isnan(values[name]).all():
            continue
        scale = learn_scale(Feature(name, name, "number", "other", "column", (name,)), values[name])
        if scale.scale > 0:
            score = prepared(scale, values[name])
            scores[name] = score - score.mean()
    names = tuple(n for n in scores if float(scores[n] @ scores[n]) > 0)
    lengths = {n: math.sqrt(float(scores[n] @ scores[n])) for n in names}
    matrix = tuple(
        tuple(1.0 if a == b else round(float(scores[a] @ scores[b]) / (lengths[a] * lengths[b]), 4) for b in names)
        for a in names
    )
    return names, matrix


def moving_together(values: Mapping[str, np.ndarray]) -> Iterator[Finding]:
    """Columns that say nearly the same, those that hang together in one finding."""
    names, matrix = correlations(values)
    pairs = {
        (names[i], names[j]): matrix[i][j]
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if abs(matrix[i][j]) >= TOGETHER
    }
    for group in _connected(list(pairs)):
        found = sorted((abs(r), r) for pair, r in pairs.items() if pair[0] in group)
        least, most = found[0][1], found[-1][1]
        if len(group) == 2:
            way = "rise together" if most > 0 else "move against each other"
            figures: dict[str, float | int | str] = {"correlation": most}
            message = f"{quoted(group)} {way} (correlation {most:.2f}): they say nearly the same."
        else:
            figures = {"n_pairs": len(found), "weakest": least, "strongest": most}
            ends = f"from {abs(least):.2f} to {abs(most):.2f} in size"
            message = f"{quoted(group, 12)} move together (correlations {ends}): they say nearly the same."
        remedy = "Take one of them into --features, or their sum; what several say counts several times."
        yield Finding("correlated", "check", tuple(group), message, remedy, figures)


def _connected(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Names that are joined by pairs, each group in name order.

    >>> _connected([("a", "b"), ("c", "d"), ("b", "e")])
    [['a', 'b', 'e'], ['c', 'd']]
    """
    groups: list[set[str]] = []
    for pair in pairs:
        touched = [g for g in groups if g & set(pair)]
        groups = [g for g in groups if g not in touched] + [set(pair).union(*touched)]
    return sorted(sorted(g) for g in groups)


def sorted_by(
    id_column: str | None, id_values: np.ndarray | None, values: Mapping[str, np.ndarray]
) -> Iterator[Finding]:
    """A column that runs with the id: ids were given in its order."""
    if id_column is None or id_values is None or np.isnan(id_values).all():
        return
    for name in sorted(values):
        pair = {"id": id_values, "value": values[name]}
        names, matrix = correlations(pair)
        if len(names) == 2 and abs(matrix[0][1]) >= TOGETHER:
            message = f"'{id_column}' runs with '{name}' (correlation {matrix[0][1]:.2f}): ids follow its order."
            remedy = "Nothing to do: an id is never clustered on."
            figures = {"correlation": matrix[0][1]}
            yield Finding("id-in-order", "note", (id_column, name), message, remedy, figures)


def fixing(
    frame: nw.LazyFrame[Any], columns: Sequence[ColumnInspection], texts: Mapping[str, np.ndarray]
) -> Iterator[Finding]:
    """Categories from which another can be told: segments by one would mirror the other."""
    able = [c for c in columns if c.name in texts and _is_category(c)]
    codes = {c.name: np.unique(np.array([str(v) for v in texts[c.name]]), return_inverse=True)[1] for c in able}
    told: set[frozenset[str]] = set()
    for a in able:
        fixed: list[tuple[str, int, int]] = []
        for b in able:
            if a.name == b.name or frozenset((a.name, b.name)) in told:
                continue
            if a.n_distinct < b.n_distinct or _share_told(codes[a.name], codes[b.name]) < _FIXED:
                continue
            told.add(frozenset((a.name, b.name)))
            fixed.append((b.name, *_agreeing(frame, a.name, b.name)))
        if fixed:
            yield _fixing(a, fixed)


def _is_category(c: ColumnInspection) -> bool:
    few = 2 <= c.n_distinct <= _MOST_LEVELS and c.n_values >= _ROWS_A_LEVEL * c.n_distinct
    return few and not c.private and (c.kind == "text" or c.n_distinct == 2)


def _share_told(a: np.ndarray, b: np.ndarray) -> float:
    """How much of the uncertainty about b is gone once a is known (Theil's U), from 0 to 1."""
    counts = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(counts, (a, b), 1.0)
    before = _entropy(counts.sum(axis=0))
    if before == 0:
        return 0.0
    n = counts.sum()
    after = math.fsum(float(row.sum()) / n * _entropy(row) for row in counts)
    return 1.0 - after / before


def _entropy(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return -math.fsum(float(p) * math.log(float(p)) for p in shares)


def _agreeing(frame: nw.LazyFrame[Any], a: str, b: str) -> tuple[int, int]:
    """Of all rows: those whose b is the commonest for their a, and those that hold both."""
    known = frame.filter(~nw.col(a).is_null(), ~nw.col(b).is_null())
    pairs = known.group_by(a, b).agg(nw.len().cast(nw.Int64).alias("n::"))
    [found] = collect_rows(
        pairs.group_by(a)
        .agg(nw.col("n::").max().alias("most"), nw.col("n::").sum().alias("all"))
        .select(nw.col("most").sum(), nw.col("all").sum())
    )
    return int(found["most"]), int(found["all"])


def _fixing(a: ColumnInspection, fixed: Sequence[tuple[str, int, int]]) -> Finding:
    wholly = [name for name, agree, n in fixed if agree == n]
    nearly = [(name, agree, n) for name, agree, n in fixed if agree < n]
    parts = []
    if wholly:
        parts.append(f"fixes {quoted(wholly)} in every row")
    if nearly:
        parts.append(
            "all but fixes " + ", ".join(f"'{name}' (in {share(agree, n)} of rows)" for name, agree, n in nearly)
        )
    message = f"'{a.name}' {' and '.join(parts)}: once it is known, they tell nothing new."
    remedy = "Cluster on one of them at most; segments by one would only mirror the other."
    figures: dict[str, float | int | str] = {name: round(agree / n, 6) for name, agree, n in fixed}
    return Finding("fixed-by-another", "check", (a.name, *(name for name, _, _ in fixed)), message, remedy, figures)
