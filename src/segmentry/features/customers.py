"""From a table to one row per customer with every feature, and the recipe learned from a sample of them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from segmentry.errors import IdentifierError, NotEnoughDataError, Notice, SettingsError, plural
from segmentry.features.choice import Choice, FeatureSettings, choose_by_default, choose_by_name, resolve
from segmentry.features.derive import derive_features
from segmentry.features.feature import DATE_OPERATIONS, Feature
from segmentry.features.grid import FEATURE, features_of, with_features
from segmentry.features.likely_ids import without_id
from segmentry.features.misread import left_as_text, refuse_misread
from segmentry.features.notices import (
    far_out,
    impossible,
    later_dates,
    often_empty,
    purpose_notices,
    repeated_rows,
    role_notices,
)
from segmentry.features.recipe import LeftOut, Recipe, SourceColumn
from segmentry.features.repeats import find_repeats
from segmentry.features.role_rules import Role
from segmentry.features.roles import ColumnRole, assign_roles
from segmentry.features.sample import ID, Sample, draw, sampled_values
from segmentry.features.similar_ids import similar_ids
from segmentry.features.subtotals import without_subtotals
from segmentry.features.summaries import over_all, summarise, widen
from segmentry.tables import Table, all_different, collect_rows, text_of
from segmentry.tables.engines import WAREHOUSES

FROM_ORDERS = "from the orders: "  # how the reason of a made column's role begins


@dataclass(frozen=True)
class MadeColumn:
    """A column of the table that was worked out, not read: what it means is known, and so is how it came about."""

    feature: Feature
    role: Role
    how: str


_DATED_ROLES = ("signup_date", "last_purchase_date", "purchase_date", "date")


@dataclass(frozen=True)
class Customers:
    """One row per customer, lazily: every feature under its hidden name."""

    table: Table
    frame: nw.LazyFrame[Any]
    sample: Sample
    identity: nw.Expr  # a customer's id as text, over the table
    roles: tuple[ColumnRole, ...]
    features: tuple[Feature, ...]
    wanted: tuple[str, ...]  # features that the user named; none for the default choice
    id_column: str | None
    as_of: date | None
    notices: tuple[Notice, ...]

    @property
    def sensitive(self) -> frozenset[str]:
        return frozenset(r.column for r in self.roles if r.role == "sensitive")


def prepare_customers(
    table: Table,
    settings: FeatureSettings,
    *,
    id_column: str | None = None,
    on_duplicate: Literal["error", "keep"] = "error",
    as_of: date | None = None,
    today: date | None = None,
    made: Sequence[MadeColumn] = (),
) -> Customers:
    """Finds each column's role, derives every feature the roles allow, and settles the as-of date.

    `made` names columns whose meaning is known; they are features as they stand.
    Raises IdentifierError for repeated ids, SettingsError for names that are not there or may not be used.
    """
    known = {column for m in made for column in m.feature.sources}
    told = [c for c in table.columns if c.name not in known]
    sample = draw(table, figures=over_all(told))
    rows = sample.frame if sample.whole else table.frame
    summaries = widen(summarise(sample.frame, told), sample.figures, rows)
    stated = _overrides(settings, id_column, table)
    roles, doubled = without_subtotals(assign_roles(summaries, stated), sample, stated)
    refuse_misread(table, roles, stated, summaries)
    derived = _beside(derive_features(roles, summaries), made)
    roles = (*roles, *(ColumnRole(m.feature.sources[0], m.role, f"{FROM_ORDERS}{m.how}") for m in made))
    found = next((r.column for r in roles if r.role == "id"), None)
    notices = (
        check_ids(table, found, on_duplicate) if found else [without_id(table, roles[: len(summaries)], summaries)]
    )
    wanted, features = resolve(settings.features, derived, table, roles, settings)
    settled, said = settle_as_of(as_of, today, table, roles, features)
    notices += said
    notices += later_dates(settled, table, _dated(table, roles))
    if sample.whole and not made:  # of more customers, `inspect` tells; what was worked out is often equal
        different = {s.name: s.n_distinct for s in summaries}
        repeats = find_repeats(rows, table.rows_read, different, {r.column: r.role for r in roles})
        notices += repeated_rows(repeats)
    return Customers(
        table=table,
        # With nothing to compare customers by, what follows says so.
        frame=features_of(table.frame, features, settled) if features else table.frame,
        sample=sample,
        identity=text_of(table, found) if found else nw.lit(""),
        roles=tuple(roles),
        features=features,
        wanted=wanted,
        id_column=found,
        as_of=settled,
        notices=(
            *notices,
            *role_notices(roles),
            *doubled,
            *left_as_text(table, roles),
            *purpose_notices(wanted, features, settings),
        ),
    )


def _beside(derived: Sequence[Feature], made: Sequence[MadeColumn]) -> tuple[Feature, ...]:
    """All features in name order; one that is derived from a column and has the name of one made gets a number."""
    names = {m.feature.name for m in made}
    renamed = [replace(f, name=f"{f.name}_2") if f.name in names else f for f in derived]
    return tuple(sorted((*renamed, *(m.feature for m in made)), key=lambda f: f.name))


def _overrides(settings: FeatureSettings, id_column: str | None, table: Table) -> dict[str, str]:
    overrides = dict(settings.roles)
    if id_column is not None:
        if id_column not in table.names:
            near = difflib.get_close_matches(id_column, table.names, n=1, cutoff=0.5)
            raise SettingsError(
                f"There is no column '{id_column}' to be the id.",
                found=", ".join(table.names),
                remedy=f"Did you mean '{near[0]}'?" if near else "Check --id.",
            )
        overrides[id_column] = "id"
    return overrides


def check_ids(table: Table, id_column: str, on_duplicate: str) -> list[Notice]:
    """What is odd about the ids. Raises IdentifierError for repeated ones unless they are to be kept."""
    ids = table.frame.select(text_of(table, id_column).alias(ID))
    text = table.column(id_column).reading.kind == "text"
    similar = similar_ids(ids, ID, id_column) if text else []
    if all_different(ids, ID):
        return similar
    figures = collect_rows(ids.select(different=nw.col(ID).n_unique(), blank=nw.col(ID).null_count()))[0]
    if int(figures["different"]) == table.rows_read and not figures["blank"]:
        return similar
    repeated = ids.group_by(ID).agg(nw.len().alias("n")).filter((nw.col("n") > 1) | nw.col(ID).is_null())
    blank = nw.when(nw.col(ID).is_null()).then(nw.lit(1)).otherwise(nw.lit(0)).alias("blank")
    by_kind = repeated.with_columns(blank).group_by("blank").agg(nw.len().alias("ids"), nw.col("n").sum().alias("rows"))
    notices = similar
    for row in sorted(collect_rows(by_kind), key=lambda r: int(r["blank"])):
        if row["blank"]:
            rows = plural(int(row["rows"]), "row")
            message = f"{rows} without '{id_column}'; each is taken as a customer of its own."
            notices.append(Notice("blank-id", message))
            continue
        found = f"{plural(int(row['ids']), 'id')} on {plural(int(row['rows']), 'row')}"
        if on_duplicate != "keep":
            raise IdentifierError(
                f"'{id_column}' is not unique.",
                found=found,
                remedy="Remove the repeats, name another column with --id, or pass --on-duplicate keep "
                "to take every row as a customer.",
            )
        notices.append(Notice("repeated-id", f"'{id_column}' repeats ({found}); each row is taken as a customer."))
    return notices


def settle_as_of(
    as_of: date | None, today: date | None, table: Table, roles: Sequence[ColumnRole], features: Sequence[Feature]
) -> tuple[date | None, list[Notice]]:
    """The date that ages and recencies are counted to: stated, else the data's last that is not after `today`,
    else `today`, which is said. None when no feature needs one. Raises SettingsError when one is needed and none is
    to be had."""
    if as_of is not None:
        return as_of, []
    if not any(f.operation in DATE_OPERATIONS for f in features):
        return None, []
    latest = [found for column in _dated(table, roles) if (found := _latest(table, column, today)) is not None]
    if latest:
        return max(latest), []
    if today is not None:
        message = f"The data has no date to count to, so ages and recencies count to today, {today}. Pass --as-of."
        return today, [Notice("as-of-today", message)]
    raise SettingsError(
        "Ages and recencies need a date to count to, and the data has none.",
        remedy="Pass the day the table was made: as_of=date(2026, 1, 31) or --as-of 2026-01-31."
        # An engine's text is not taken apart to see whether it spells dates.
        + (" Or cast text that spells dates to dates in the query." if table.source_kind in WAREHOUSES else ""),
    )


def _dated(table: Table, roles: Sequence[ColumnRole]) -> list[str]:
    return [r.column for r in roles if r.role in _DATED_ROLES and table.column(r.column).reading.kind == "date"]


def _latest(table: Table, column: str, today: date | None) -> date | None:
    values = table.frame.select(column)
    if today is not None:
        values = values.filter(nw.col(column) <= today)
    found: date | None = collect_rows(values.select(nw.col(column).max()))[0][column]
    return found


def feature_values(customers: Customers) -> dict[str, np.ndarray]:
    """Sampled values by feature name, original units, NaN or None where missing; rows in order of id."""
    return sampled_values(_featured(customers), customers.identity, [f.name for f in customers.features])


def _featured(customers: Customers) -> nw.LazyFrame[Any]:
    return with_features(customers.sample.frame, customers.features, customers.as_of)


def column_beside(customers: Customers, column: str) -> np.ndarray:
    """A column of the table as text, None where empty, for the rows of `feature_values` in their order."""
    last = "\U0010ffff"  # sorted after every feature, so that it decides no order but that of rows alike in all else
    beside = text_of(customers.table, column).alias(FEATURE + last)
    names = [*(f.name for f in customers.features), last]
    return sampled_values(_featured(customers).with_columns(beside), customers.identity, names)[last]


def _by_default(customers: Customers, values: Mapping[str, np.ndarray]) -> Choice:
    """The default choice without what another tool foretold: its segments would come back as ours."""
    foretold = {r.column for r in customers.roles if r.role == "prediction"}
    apart = [f for f in customers.features if foretold & set(f.sources)]
    rest = [f for f in customers.features if f not in apart]
    choice = choose_by_default(rest, values, customers.sensitive)
    reason = "a prediction: described in the profile; add it with --features"
    left = (*choice.left_out, *(LeftOut(f.name, reason) for f in apart))
    return replace(choice, left_out=tuple(sorted(left, key=lambda one: one.feature)))


def learn_recipe(customers: Customers, values: Mapping[str, np.ndarray]) -> tuple[Recipe, tuple[Notice, ...]]:
    """The recipe, from sampled values by feature name (rows in id order).

    Raises NotEnoughDataError when no feature can be used.
    """
    if customers.wanted:
        choice = choose_by_name(customers.wanted, customers.features, values, customers.sensitive)
    else:
        choice = _by_default(customers, values)
    if not choice.names:
        raise NotEnoughDataError(
            "No column can tell customers apart.",
            found="; ".join(f"{r.column}: {r.role}" for r in customers.roles),
            remedy="State roles in segmentry.toml, or name columns with --features.",
        )
    role_of = {r.column: r.role for r in customers.roles}
    made = frozenset(r.column for r in customers.roles if r.reason.startswith(FROM_ORDERS))
    sources = sorted({c for f in customers.features for c in (*f.sources, *f.over)})
    recipe = Recipe(
        id_column=customers.id_column,
        as_of=customers.as_of,
        columns=tuple(SourceColumn(c, customers.table.column(c).reading, role_of[c]) for c in sources),
        scales=choice.scales,
        levels=choice.levels,
        described=tuple(f for f in customers.features if f.name not in choice.names),
        left_out=choice.left_out,
        n_sample=max((len(v) for v in values.values()), default=0),
    )
    return recipe, (
        *choice.notices,
        *far_out(recipe.scales, customers.sample.whole),
        *(notice for scale in recipe.scales for notice in impossible(scale, made)),
        *often_empty(recipe.scales, recipe.n_sample),
    )
