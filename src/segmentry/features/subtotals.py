"""Columns that are the sum of their sisters, whatever they are called: added to them, they would count twice.

Names tell a total only where it is called one. Here the cells tell it: a column that is the sum of two or more others
of its kind in nearly all sampled rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.errors import Notice, quoted
from segmentry.features.role_rules import Role
from segmentry.features.roles import ColumnRole
from segmentry.features.sample import Sample
from segmentry.tables import to_memory

# What is added up, what its total is called, and what a column becomes that is only some of the others together.
_ADDED: Mapping[Role, tuple[Role, Role]] = {
    "spend_part": ("spend_total", "money"),
    "purchases_channel": ("purchases_total", "count"),
    "children": ("children", "count"),
}
_CALLED: Mapping[Role, str] = {
    "spend_part": "spend",
    "purchases_channel": "number of purchases",
    "children": "number of children",
}
_FEWEST_ROWS = 30  # that hold something
_NEARLY_ALL = 0.98
_NEAR = 0.3  # how far a factor may lie from 0 or 1, since a few rows may be wrong
_MOST_NAMED = 3
_OWN = 1e-9  # of a squared length: what is left of a column that others make up, in float64


@dataclass(frozen=True)
class Subtotal:
    """A column and those that it is the sum of, in the order of the table."""

    column: str
    parts: tuple[str, ...]


def without_subtotals(
    roles: Sequence[ColumnRole], sample: Sample, settled: Mapping[str, str]
) -> tuple[tuple[ColumnRole, ...], list[Notice]]:
    """The roles, with each column that is a sum of others as the total or beside it, and a warning for each such.

    What is `settled` by the user stays as it is.
    """
    found = {role.column: role for role in roles}
    notices: list[Notice] = []
    for kind, (total, beside) in _ADDED.items():
        columns = [r.column for r in roles if r.role == kind]
        if len(columns) < 3:
            continue
        sums = [s for s in find_subtotals(_values(sample, columns)) if s.column not in settled]
        whole = {c for c in columns if c not in {s.column for s in sums}}
        named = any(r.role == total for r in roles) and total != kind
        for one in sums:
            is_total = whole <= set(one.parts) and not named
            reason = f"the sum of {quoted(one.parts, _MOST_NAMED)}, by its values"
            if kind == "children":
                if is_total:  # the total says all; its parts are told beside it
                    found |= {c: replace(found[c], role=beside) for c in one.parts if c not in settled}
            else:
                found[one.column] = replace(
                    found[one.column], role=total if is_total else beside, reason=reason, subject="", confident=True
                )
            named = named or is_total
            notices.append(_notice(one, kind, is_total))
    return tuple(found[role.column] for role in roles), notices


def _notice(one: Subtotal, kind: Role, is_total: bool) -> Notice:
    called = _CALLED[kind]
    taken = (
        f"It is taken as the total {called}, and the others are not added to it."
        if is_total
        else f"It is left out of the {called}, where it would count twice."
    )
    return Notice("subtotal", f"'{one.column}' is the sum of {quoted(one.parts, _MOST_NAMED)}. {taken}")


def _values(sample: Sample, columns: Sequence[str]) -> dict[str, np.ndarray]:
    """The cells of the columns, with nothing for a missing one, which adds nothing to a sum either."""
    held = to_memory(sample.frame.select(*(nw.col(c).cast(nw.Float64) for c in columns)))
    return {c: np.nan_to_num(np.asarray(held[c], dtype=np.float64)) for c in columns}


def find_subtotals(values: Mapping[str, np.ndarray]) -> list[Subtotal]:
    """The columns that are the sum of two or more of the others, the smallest first.

    >>> a, b = np.arange(40.0), np.arange(40.0) ** 2
    >>> find_subtotals({"wine": a, "meat": b, "food": a + b})
    [Subtotal(column='food', parts=('wine', 'meat'))]
    """
    order = sorted((n for n in values if values[n].any()), key=lambda n: (float(values[n].sum()), n))
    if len(order) < 3:
        return []
    columns = np.column_stack([values[n] for n in order])
    lengths = np.sqrt((columns * columns).sum(axis=0))
    # The normal equations are small, however many the rows.
    products = (columns / lengths).T @ (columns / lengths)
    pool: list[int] = []
    inverse = np.empty((0, 0))  # of the products within the pool
    found: list[Subtotal] = []
    # A sum is no smaller than what is added: each column is tried against those below it. Sums that are found are none
    # of the parts of a larger one, which could then be told in two ways; nor is what follows from others.
    for place, name in enumerate(order):
        scaled = inverse @ products[pool, place]
        parts = _parts_of(place, pool, columns, scaled * lengths[place] / lengths[pool])
        own = 1.0 - float(products[pool, place] @ scaled)  # of a column's length, what the pool does not hold
        if parts:
            named = {order[part] for part in parts}
            found.append(Subtotal(name, tuple(n for n in values if n in named)))
        elif own > _OWN:
            inverse = _extended(inverse, scaled, own)
            pool.append(place)
    return found


def _extended(inverse: np.ndarray, scaled: np.ndarray, own: float) -> np.ndarray:
    """The inverse with one more column, by its Schur complement: a matrix of hundreds is not inverted at each step."""
    below = -scaled[None, :] / own
    return np.block([[inverse + np.outer(scaled, scaled) / own, below.T], [below, np.array([[1.0 / own]])]])


def _parts_of(place: int, pool: Sequence[int], columns: np.ndarray, factors: np.ndarray) -> list[int]:
    """Which columns of the pool add up to the one at `place`, by the factors that come nearest; none where they do
    not."""
    if len(pool) < 2:
        return []
    taken = np.round(factors)
    if (np.abs(factors - taken) > _NEAR).any() or not set(taken) <= {0.0, 1.0} or taken.sum() < 2:
        return []
    parts = [part for part, factor in zip(pool, taken, strict=True) if factor]
    total, own = columns[:, place], columns[:, parts]
    several = (own != 0).sum(axis=1) >= 2  # where one part alone holds something, a copy of it would do
    fits = np.abs(own.sum(axis=1) - total) <= 0.01 + 1e-6 * np.abs(total)
    if several.sum() < _FEWEST_ROWS or fits[several].mean() < _NEARLY_ALL or fits.mean() < _NEARLY_ALL:
        return []
    return parts
