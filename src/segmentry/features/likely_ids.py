"""Which column could be the id where none was taken: told to whoever reads the warning, decided by nobody."""

from __future__ import annotations

from collections.abc import Sequence

from segmentry.errors import Notice
from segmentry.features.role_rules import is_number, is_whole
from segmentry.features.roles import ColumnRole
from segmentry.features.summaries import ColumnSummary
from segmentry.features.words import parse_name
from segmentry.tables import Table, all_different

_MESSAGE = "No column identifies a customer; rows are taken as customers."
_LONGEST = 64
_MOSTLY = 0.5


def without_id(table: Table, roles: Sequence[ColumnRole], summaries: Sequence[ColumnSummary]) -> Notice:
    """That there is no id, with the column that tells every row from every other where there is one."""
    able = [(rank, s) for role, s in zip(roles, summaries, strict=True) if (rank := _rank(role, s)) is not None]
    for _, s in sorted(able, key=lambda pair: (pair[0], pair[1].name)):
        if not all_different(table.frame, s.name):  # the summary is of the sample
            continue
        if is_number(s) and not is_whole(s):
            how = f'it was read as numbers. State [reading.types] "{s.name}" = "text" in segmentry.toml.'
            return Notice("no-id", f"{_MESSAGE} '{s.name}' names every row, but {how}")
        return Notice("no-id", f"{_MESSAGE} Name one with --id, such as '{s.name}', in which every value is different.")
    return Notice("no-id", f"{_MESSAGE} Name one with --id.")


def _rank(role: ColumnRole, s: ColumnSummary) -> int | None:
    """How near a column is to an id, 0 the nearest; None where it may not be one: names and addresses tell too much."""
    if role.role not in ("personal", "text", "order_id") or s.n_missing or s.distinct_share < 1 or s.n < 2:
        return None
    concepts = parse_name(s.name).concepts
    if s.kind == "date" or s.max_length > _LONGEST or concepts & {"person_name", "address"}:
        return None
    if "id" in concepts:  # a visit or an order has an id, too
        return 0 if "customer" in concepts or not concepts & {"visit", "order", "purchase", "product"} else 3
    if "official" in concepts:
        return 1
    if s.share_email >= _MOSTLY:
        return 2
    return None if s.share_with_spaces > _MOSTLY else 3
