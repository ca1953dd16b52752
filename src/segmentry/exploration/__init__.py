"""What is in a table: what each column is, how its values are spread, how columns hang together, what is wrong.

Measures and says; fits nothing, draws nothing, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, runtime_checkable

import narwhals.stable.v2 as nw
import numpy as np
from pydantic import BaseModel, ConfigDict

from segmentry.errors import InputError, NotEnoughDataError, SettingsError
from segmentry.exploration import relations, rows, values
from segmentry.exploration.inspection import (
    SEVERITIES,
    ColumnInspection,
    Finding,
    Inspection,
    Reading,
    Sampled,
)
from segmentry.exploration.orders import Log, as_in_log, look_at
from segmentry.exploration.separator import separator_of
from segmentry.exploration.spreads import measure_spreads
from segmentry.features.choice import FeatureSettings
from segmentry.features.customers import Customers, feature_values, learn_recipe, prepare_customers
from segmentry.features.grid import FEATURE
from segmentry.features.recipe import Recipe
from segmentry.features.repeats import find_repeats
from segmentry.features.roles import PRIVATE_ROLES, ColumnRole
from segmentry.features.sample import sampled_values
from segmentry.features.summaries import ColumnSummary, summarise
from segmentry.purchases import CustomerTable, OrderTable, PurchaseSettings, SourceSettings, open_log, read_either
from segmentry.tables import Day, ReadingSettings, Table, as_day, check_kind, in_warehouse, ordinal

__all__ = ["ColumnInspection", "Finding", "InspectSettings", "Inspection", "inspect"]


@runtime_checkable
class Settings(SourceSettings, Protocol):
    """What an inspection has to know; the settings of a fit will do."""

    @property
    def reading(self) -> ReadingSettings: ...
    @property
    def features(self) -> FeatureSettings: ...


class InspectSettings(BaseModel):
    """What an inspection can be told; `today` only tells which dates lie in the future."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reading: ReadingSettings = ReadingSettings()
    features: FeatureSettings = FeatureSettings()
    id: str | None = None
    as_of: Day | None = None
    today: date | None = None
    orders: PurchaseSettings = PurchaseSettings()


def inspect(
    source: Any = None,
    *,
    orders: Any = None,
    customers: Any = None,
    as_of: date | str | None = None,
    settings: Settings | None = None,
) -> Inspection:
    """What is in `source`, a path or a frame with a row per customer: columns, roles, figures, and what is wrong.

    A `source` whose columns say that a row is a purchase is looked at as orders; `orders` in its place always are,
    `customers` never.

    >>> import polars as pl
    >>> found = inspect(pl.DataFrame({"customer_id": ["a", "b", "c"], "spend": [5, 9, 7], "shop": ["x"] * 3}))
    >>> [(c.name, c.role) for c in found.columns]
    [('customer_id', 'id'), ('spend', 'spend_total'), ('shop', 'constant')]
    >>> [f.code for f in found.findings]
    ['few-rows', 'constant-column']
    """
    told = InspectSettings() if settings is None else settings
    check_kind(told, Settings, "settings should be InspectSettings.", "Pass those, or sg.FitSettings(...).")
    return _looked_at(_one_source(source, orders, customers), told, told.as_of if as_of is None else as_day(as_of))


def _one_source(source: Any, orders: Any, customers: Any) -> Any:
    given = [part for part in (source, orders, customers) if part is not None]
    if len(given) != 1:
        remedy = "Pass it as the source, as orders=... or as customers=..."
        raise SettingsError("One table is looked at.", remedy=remedy)
    if orders is not None:
        return OrderTable(orders)
    return source if customers is None else CustomerTable(customers)


def _looked_at(source: Any, told: Settings, until: date | None) -> Inspection:
    table, is_log = read_either(source, told.reading, told.orders, customer=told.id)
    if in_warehouse(table.source_kind):
        raise InputError(
            "Only tables in files and in memory are looked at.",
            found=table.source_name,
            remedy="Pass a part of it as a frame, or the database's address with a query.",
        )
    if table.rows_read == 0:
        raise NotEnoughDataError("The table has no rows.", found="0 rows", remedy="Check the file.")
    customers = prepare_customers(
        table,
        told.features,
        id_column=told.id,
        on_duplicate="keep",
        as_of=until,
        today=told.today,
    )
    log, unread = _log(table, told, until) if is_log else (None, [])
    columns = _columns(table, customers.roles)
    compared = customers
    if log is not None:
        columns, compared = as_in_log(columns, log), log.customers
    numeric = feature_values(compared)
    recipe, unusable = _recipe(compared, numeric)
    numeric = {f.name: numeric[f.name] for f in compared.features if numeric[f.name].dtype != object}
    sampled = _sample(customers, columns)
    said = _findings(table, customers, columns, sampled, told) if log is None else _of_log(table, log, columns)
    findings = [*unread, *unusable, *said]
    if is_log and not told.orders.roles and not isinstance(source, OrderTable):
        findings.append(rows.taken_for_orders(log.purchases.recipe if log is not None else None))
    kept = {c.name for c in columns if not c.private}
    return Inspection(
        source_name=table.source_name,
        rows_present=table.rows_present,
        rows_read=table.rows_read,
        rows_rejected=table.rows_rejected,
        columns=columns,
        findings=_in_order(findings),
        id_column=compared.id_column,
        as_of=compared.as_of,
        features=compared.features,
        chosen=tuple(f.name for f in recipe.clustered) if recipe else (),
        left_out=recipe.left_out if recipe else (),
        correlations=relations.correlations(numeric),
        reading=_reading(table, source.source if isinstance(source, CustomerTable | OrderTable) else source),
        sampled=Sampled(
            {n: v for n, v in sampled.items() if n in kept and v.dtype != object},
            numeric,
            n_rows=max((len(v) for v in sampled.values()), default=0),
            n_customers=max((len(v) for v in numeric.values()), default=0),
        ),
        orders=log.orders if log is not None else None,
    )


def _log(table: Table, told: Settings, as_of: date | None) -> tuple[Log | None, list[Finding]]:
    """The log opened; a finding where it cannot be."""
    try:
        found = open_log(table, told.orders, customer=told.id, as_of=as_of, today=told.today)
        return look_at(found, told.features), []
    except InputError as error:
        found_there = f" Found: {error.found}." if error.found else ""
        return None, [Finding(error.code, "problem", (), f"{error.what}{found_there}", error.remedy)]


def _of_log(table: Table, log: Log, columns: tuple[ColumnInspection, ...]) -> Iterable[Finding]:
    yield from rows.rejected(table)
    yield from rows.said_already((*log.purchases.table.notices, *log.purchases.notices), table.names)
    yield from rows.too_few(table)
    yield from values.outliers([c for c in columns if c.role != "unused"], frozenset())


def _columns(table: Table, roles: Sequence[ColumnRole]) -> tuple[ColumnInspection, ...]:
    summaries = summarise(table.frame, table.columns)
    role_of = {r.column: r for r in roles}
    measured = [s.name for s in summaries if s.kind == "number" and role_of[s.name].role not in PRIVATE_ROLES]
    spreads = measure_spreads(table.frame, measured)
    return tuple(_column(s, role_of[s.name], table, spreads) for s in summaries)


def _column(s: ColumnSummary, role: ColumnRole, table: Table, spreads: Mapping[str, Any]) -> ColumnInspection:
    private = role.role in PRIVATE_ROLES
    dated = s.kind == "date" and not private
    reason = role.reason
    if role.role == "birth_date":
        # Its first and last are whole birth dates of two persons.
        reason = re.sub(r"(\d{4})-\d\d-\d\d", r"\1", reason)
    return ColumnInspection(
        name=s.name,
        role=role.role,
        reason=reason,
        confident=role.confident,
        subject=role.subject,
        kind=s.kind,
        how=table.column(s.name).how,
        symbol=role.symbol or s.unit,
        n=s.n,
        n_missing=s.n_missing,
        n_distinct=s.n_distinct,
        private=private,
        sensitive=role.role == "sensitive",
        spread=spreads.get(s.name),
        first=s.minimum if dated and isinstance(s.minimum, date) else None,
        last=s.maximum if dated and isinstance(s.maximum, date) else None,
        levels=() if private else s.levels,
    )


def _recipe(customers: Customers, numeric: dict[str, np.ndarray]) -> tuple[Recipe | None, list[Finding]]:
    try:
        return learn_recipe(customers, numeric)[0], []
    except NotEnoughDataError as error:
        message = f"{error.what} A fit would stop here."
        return None, [Finding("nothing-to-compare", "problem", (), message, error.remedy)]


def _sample(customers: Customers, columns: Sequence[ColumnInspection]) -> dict[str, np.ndarray]:
    """Sampled cells of every column that may be drawn or related, and of an id of numbers."""
    wanted = [c for c in columns if not c.private or (c.name == customers.id_column and c.kind == "number")]
    cells = [ordinal(nw.col(c.name)) if c.kind == "date" else nw.col(c.name) for c in wanted]
    named = [cell.alias(FEATURE + c.name) for cell, c in zip(cells, wanted, strict=True)]
    return sampled_values(customers.sample.frame.with_columns(*named), customers.identity, [c.name for c in wanted])


def _findings(
    table: Table,
    customers: Customers,
    columns: tuple[ColumnInspection, ...],
    sampled: Mapping[str, np.ndarray],
    told: Settings,
) -> Iterable[Finding]:
    related = {
        c.name: sampled[c.name]
        for c in columns
        if c.kind == "number" and not c.private and c.n_distinct > 2 and c.role != "constant"
    }
    own_id = sampled.get(customers.id_column) if customers.id_column else None
    yield from rows.rejected(table)
    yield from rows.said_already((*table.notices, *customers.notices), table.names)
    yield from rows.too_few(table)
    different, roles = {c.name: c.n_distinct for c in columns}, {c.name: c.role for c in columns}
    yield from rows.repeats(find_repeats(table.frame, table.rows_read, different, roles), table.rows_read)
    yield from rows.shared_contacts(columns)
    wrong = [
        *values.impossible(table.frame, columns, customers.as_of, told.today),
        *values.placeholders(table.frame, columns),
    ]
    yield from wrong
    yield from values.odd_levels(columns)
    yield from values.gaps(columns)
    yield from values.outliers(columns, frozenset(c for f in wrong if f.code != "negative-values" for c in f.columns))
    yield from values.constants(columns)
    yield from relations.moving_together(related)
    yield from relations.fixing(table.frame, columns, {n: v for n, v in sampled.items() if n in _few_valued(columns)})
    yield from relations.sorted_by(customers.id_column, own_id, related)
    yield from rows.roles_to_know(columns, told.features.purposes, customers.notices)


def _few_valued(columns: Sequence[ColumnInspection]) -> frozenset[str]:
    return frozenset(c.name for c in columns if c.kind == "text" or c.n_distinct == 2)


def _in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Problems first; within a severity as they were found, which no row order changes."""
    return tuple(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)))


def _reading(table: Table, source: Any) -> Reading:
    return Reading(
        separator=separator_of(source, table.names) if table.source_kind == "csv" else None,
        decimals={c.name: c.reading.decimal for c in table.columns if c.reading.decimal is not None},
        date_formats={
            c.name: c.reading.date_format
            for c in table.columns
            if c.reading.kind == "date" and c.reading.date_format is not None
        },
    )
