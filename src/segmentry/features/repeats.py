"""Rows that equal another one in everything but what names them: perhaps customers who were entered twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.features.roles import PRIVATE_ROLES
from segmentry.tables import collect_rows


@dataclass(frozen=True)
class Repeats:
    """How many rows repeat another one, and in how many groups of equal rows; `apart` are the columns passed over."""

    rows: int
    groups: int
    apart: tuple[str, ...]


def find_repeats(
    frame: nw.LazyFrame[Any], rows: int, different: Mapping[str, int], roles: Mapping[str, str]
) -> Repeats | None:
    """The repeats among the `rows` of a frame; None where there are none, or so few different rows that equal ones are
    no surprise. `different` is the number of different values of each column, `roles` what each is."""
    compared = [name for name, n in different.items() if roles[name] not in PRIVATE_ROLES and n > 1]
    if len(compared) < 2 or math.prod(different[name] for name in compared) < max(rows, 2) ** 2:
        return None
    groups = frame.group_by(compared).agg(nw.len().cast(nw.Int64).alias("n"))
    again = groups.filter(nw.col("n") > 1).select(groups=nw.len(), rows=nw.col("n").sum())
    [found] = collect_rows(again)
    n_groups = int(found["groups"] or 0)
    if not n_groups:
        return None
    apart = tuple(name for name in different if roles[name] in PRIVATE_ROLES)
    return Repeats(int(found["rows"]) - n_groups, n_groups, apart)
