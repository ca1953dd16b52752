"""Rows that equal another one in everything but what names them: perhaps customers who were entered twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.features.roles import PRIVATE_ROLES
from segmentry.features.words import parse_name
from segmentry.tables import collect_rows

_MOST_ENTRIES = 10  # of one customer


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
    no surprise. `different` is the number of different values of each column, `roles` what each is.

    Names and addresses are compared as well: under another name it is another customer. What more than ten have in
    common is not one customer entered ten times, but what is known of everyone who did nothing yet.
    """
    apart = tuple(name for name in different if roles[name] in PRIVATE_ROLES and not _names(name, roles[name]))
    compared = [name for name, n in different.items() if name not in apart and n > 1]
    if len(compared) < 2 or math.prod(different[name] for name in compared) < max(rows, 2) ** 2:
        return None
    groups = frame.group_by(compared).agg(nw.len().cast(nw.Int64).alias("n"))
    again = groups.filter((nw.col("n") > 1) & (nw.col("n") <= _MOST_ENTRIES)).select(
        groups=nw.len(), rows=nw.col("n").sum()
    )
    [found] = collect_rows(again)
    n_groups = int(found["groups"] or 0)
    if not n_groups:
        return None
    return Repeats(int(found["rows"]) - n_groups, n_groups, apart)


def _names(column: str, role: str) -> bool:
    """Whether the column says who or where a customer is; a new e-mail address may be the same one's."""
    return role == "personal" and bool(parse_name(column).concepts & {"person_name", "address"})
