"""Places customers in the segments of a fitted segmentation, by the very expressions it was fitted with."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.errors import ColumnNotFoundError, Notice, SegmentryWarning, SettingsError, plural
from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_expressions, is_known, with_features
from segmentry.features.recipe import Recipe, Scale
from segmentry.prototypes.assign import CONFIDENCE, PLACE, RUNNER_UP, SEGMENT, answers_of, with_ids, with_segment
from segmentry.prototypes.everyone import BEFORE, Before, Placing, placing_by
from segmentry.purchases import NEW_COLUMN
from segmentry.scoring.frames import NAMES as NAMES
from segmentry.scoring.frames import OUTPUT as OUTPUT
from segmentry.scoring.frames import PREVIOUS as PREVIOUS
from segmentry.scoring.frames import fits_memory, score_in_memory, unseen_columns
from segmentry.scoring.ids import repeated_ids
from segmentry.scoring.orders import from_log, is_log_of, read_orders, readings_of
from segmentry.segmentation import Segmentation, counted_to
from segmentry.tables import (
    ReadingSettings,
    Table,
    as_values,
    collect_rows,
    deliver,
    fold,
    free_names,
    is_unknown,
    read,
    said_by,
    text_frame,
    with_words,
)

_NAME = "name::"
_EARLIER = "earlier::"


@dataclass(frozen=True)
class Scored:
    """The table with its four output columns, or five after another fit, lazily, and what was unusual about it."""

    table: Table
    frame: nw.LazyFrame[Any]
    added: tuple[str, ...]  # names of the output columns; one that the source has too gets a trailing _
    counts: dict[str, int]  # customers by segment id
    notices: tuple[Notice, ...]


def score(
    segmentation: Segmentation,
    customers: Any = None,
    *,
    orders: Any = None,
    as_of: date | str | None = None,
    reading: ReadingSettings | None = None,
) -> Any:
    """The customers with `segment_id`, `segment`, `confidence` and `runner_up`, as the kind of frame that came in.

    `orders` gives new purchases to a segmentation that was made from purchases: the answer is a row per customer, with
    what the orders say. Ages, tenures, recencies and orders count to the day of the fit, or to `as_of`.

    A path, and orders, give a Polars frame. Columns are matched by name; their order does not matter. Columns that the
    segments do not rest on are not read: they go out as they came. A frame comes back with every row: cells that cannot
    be used, such as infinity, count as missing, and a SegmentryWarning says how many they are. Others tell of ids that
    repeat (in a file, or in a frame of up to 20,000 rows), and of a column of orders, such as their state, that the
    fitted ones lacked.

    Raises ColumnNotFoundError when a column that the segments rest on is missing.
    """
    segmentation = counted_to(segmentation, as_of)
    if orders is None and customers is not None and segmentation.purchases is None:
        unseen = unseen_columns(segmentation) if reading is None else frozenset[str]()
        table, made = _read_and_score(segmentation, customers, reading, unseen)
        _warn_of(segmentation, table)
        if made is not None:
            return made
    else:
        table, said = read_any(segmentation, customers, orders, reading=reading)
        _warn_of(segmentation, table, [notice.message for notice in said if notice.code == NEW_COLUMN])
    # Counting would be two passes more, and nobody asks for it here.
    scored = score_table(segmentation, table, count=False)
    return deliver(scored.table, scored.frame, scored.added)


def _read_and_score(
    segmentation: Segmentation, customers: Any, reading: ReadingSettings | None, unseen: Collection[str]
) -> tuple[Table, Any | None]:
    """The table and, where it is a frame in memory, that frame scored. Numbers of `unseen` columns are looked at one by
    one only where some cannot be used."""
    table = read_like(segmentation, customers, reading, only=segmentation.recipe.needed, unseen=unseen)
    if not fits_memory(table):
        return table, None
    check_columns(segmentation.recipe.clustered, table)
    made = score_in_memory(segmentation, table)
    return (table, made) if made is not None else _read_and_score(segmentation, customers, reading, ())


def _warn_of(segmentation: Segmentation, table: Table, of_orders: Sequence[str] = ()) -> None:
    repeated = repeated_ids(segmentation, table)
    notices = [n.message for n in (*table.notices, *repeated) if n.code in ("unfit-cells", "repeated-id")]
    said = [*of_orders, *notices]
    if table.rows_rejected:
        said.append(f"{plural(table.rows_rejected, 'row')} of {table.source_name} cannot be used and were left out.")
    for text in said:
        warnings.warn(text, SegmentryWarning, stacklevel=3)


def read_like(
    segmentation: Segmentation,
    source: Any,
    reading: ReadingSettings | None = None,
    *,
    only: Collection[str] | None = None,
    whole: bool = True,
    unseen: Collection[str] = (),
) -> Table:
    """A source read as the fitted one was: the same kinds, and the same decimal marks and date formats unless stated.

    No other columns than `only` are read, where it is given: what they hold cannot make a customer unfit. In a frame
    that is wanted `whole` nothing can: a cell that does not fit counts as missing.
    """
    return read(source, reading or ReadingSettings(), readings_of(segmentation), only=only, whole=whole, unseen=unseen)


def read_any(
    segmentation: Segmentation,
    customers: Any,
    orders: Any,
    *,
    reading: ReadingSettings | None = None,
) -> tuple[Table, tuple[Notice, ...]]:
    """The customers to place, from their table or from their orders, and what was said of the orders.

    Of a table no columns are read but those that the segments rest on, unless it may hold orders.
    """
    if orders is not None:
        made = read_orders(segmentation, orders, customers, reading=reading)
        return made.table, made.notices
    if customers is None:
        raise SettingsError("There is nobody to place.", remedy="Give a table of customers, or their orders.")
    if segmentation.purchases is None:
        return read_like(segmentation, customers, reading, only=segmentation.recipe.needed), ()
    # A line of orders that does not fit is set aside; a customer is not.
    table = read_like(segmentation, customers, reading, whole=False)
    if not is_log_of(segmentation, table):
        return (read_like(segmentation, customers, reading) if table.rows_rejected else table), ()
    made = from_log(segmentation, table)
    return made.table, made.notices


def score_table(
    segmentation: Segmentation,
    table: Table,
    *,
    count: bool = True,
    placing: Placing | None = None,
    before: Before | None = None,
) -> Scored:
    """Adds the output columns to a table; `count` also counts segments, unusual values and ids, in one pass each.

    `placing` is what placed its customers in the same rule at fitting, where that is at hand. `before` adds the column
    of where an earlier rule puts them.
    """
    recipe, rule = segmentation.recipe, segmentation.rule
    clustered = recipe.clustered
    check_columns(clustered, table)
    own = table.frame if before is None else before.placing(table.frame)
    derived = with_features(own, clustered, recipe.as_of)
    placed = with_ids((placing or placing_by(recipe, rule))(derived), rule)
    names = {s.id: s.name for s in segmentation.segments} | NAMES
    earlier = {} if before is None else {_EARLIER: (BEFORE, before.ids)}
    named = with_words(placed, {_NAME: (PLACE, [names[answer] for answer in answers_of(rule)]), **earlier})
    new_names = free_names((*OUTPUT, *(PREVIOUS for _ in earlier)), table.taken_names)
    added = tuple(new_names.values())
    outputs = (SEGMENT, _NAME, CONFIDENCE, RUNNER_UP, *earlier)
    frame = named.with_columns(*(nw.col(own).alias(name) for own, name in zip(outputs, added, strict=True)))
    notices = (*table.notices, *_taken(new_names))
    if not count:
        return Scored(table, frame, added, {}, notices)
    repeated = repeated_ids(segmentation, table)
    return Scored(table, frame, added, _counts(placed), (*notices, *repeated, *_unusual(recipe, placed)))


def _taken(new_names: Mapping[str, str]) -> list[Notice]:
    """What to say where the source has columns of the output's names, as a table that was scored before has."""
    moved = {own: new for own, new in new_names.items() if own != new}
    if not moved:
        return []
    text = (
        f"The table has {', '.join(moved)} already; what it has there was kept, and the new answers are in "
        f"{', '.join(moved.values())}."
    )
    return [Notice("taken-names", text)]


def check_columns(features: Sequence[Feature], table: Table) -> None:
    """Raises ColumnNotFoundError where a table lacks a column of these features, with the name it may have there."""
    missing = {
        column: feature.name
        for feature in features
        for column in (*feature.sources, *feature.over)
        if column not in table.names
    }
    if missing:
        column, feature = next(iter(sorted(missing.items())))
        needed = {name for f in features for name in (*f.sources, *f.over)}
        free = {fold(name): name for name in table.taken_names if name not in needed}
        near = get_close_matches(fold(column), free, n=1, cutoff=0.8)
        hint = f"Did you mean '{free[near[0]]}'? " if near else ""
        more = f" ({len(missing)} columns are missing: {', '.join(sorted(missing))})" if len(missing) > 1 else ""
        raise ColumnNotFoundError(
            f"The segments rest on the column '{column}' (for {feature}), and the table does not have it{more}.",
            found=", ".join(table.taken_names),
            remedy=f"{hint}Rename the column that holds it, or add the column; its cells may be empty.",
        )


def _counts(placed: nw.LazyFrame[Any]) -> dict[str, int]:
    rows = collect_rows(placed.select(SEGMENT).group_by(SEGMENT).agg(nw.len().alias("n")))
    return {str(r[SEGMENT]): int(r["n"]) for r in sorted(rows, key=lambda r: (len(r[SEGMENT]), r[SEGMENT]))}


def _unusual(recipe: Recipe, placed: nw.LazyFrame[Any]) -> list[Notice]:
    """Missing values, values beyond any seen at fitting, levels never seen and dates to come, counted over all rows."""
    flags: dict[str, nw.Expr] = {}
    for scale in recipe.scales:
        value = nw.col(FEATURE + scale.feature.name)
        flags[f"missing::{scale.feature.name}"] = value.is_null()
        flags[f"range::{scale.feature.name}"] = (value < scale.minimum) | (value > scale.maximum)
    for part in recipe.levels:
        value = nw.col(FEATURE + part.feature.name)
        flags[f"missing::{part.feature.name}"] = value.is_null()
        flags[f"level::{part.feature.name}"] = ~value.is_in(list(part.levels)) & ~value.is_null()
    if recipe.as_of is not None:
        flags |= {f"later::{column}": nw.col(column) > recipe.as_of for column in recipe.dated}
    counted = placed.select(*(nw.when(e).then(1).otherwise(0).cast(nw.Int64).alias(n) for n, e in flags.items()))
    row = collect_rows(counted.select(*(nw.col(n).sum() for n in flags)))[0]
    said = {
        "missing": "without a value for '{}'; the usual value of the fitted customers stands in.",
        "range": "with a value of '{}' outside of what was seen at fitting; look whether its unit has changed.",
        "level": "with a value of '{}' that was rare or not there at fitting; it counts as none of the known.",
        "later": f"with a '{{}}' after {recipe.as_of}, the day that ages and tenures count to; if that is no mistake, "
        "pass a later day with --as-of.",
    }
    found = []
    for name, n in row.items():
        kind, _, feature = name.partition("::")
        if n:
            code = {"range": "out-of-range", "later": "future-dates"}.get(kind, f"{kind}-value")
            found.append(Notice(code, f"{plural(n, 'customer')} {said[kind].format(feature)}"))
    return found


def score_one(
    segmentation: Segmentation, values: Mapping[str, object], *, as_of: date | str | None = None
) -> dict[str, Any]:
    """The segment of one customer given by columns or by features: `{"age": 41, "income": 52000}`.

    Answers `segment_id`, `segment`, `description`, `confidence`, `runner_up`, `missing` (features that the usual
    value stood in for) and `notes`. Columns of the fitted table that the segments do not rest on are ignored; None, NaN
    and pandas' NA say that a value is not known. Ages and tenures count to the day of the fit, or to `as_of`. Raises
    SettingsError for a name that is neither a column nor a feature.
    """
    segmentation = counted_to(segmentation, as_of)
    recipe = segmentation.recipe
    features = recipe.clustered
    frame = customer_frame(segmentation, values)
    placed = with_segment(frame.with_columns(*axis_expressions(recipe)), segmentation.rule, is_known(recipe))
    found = collect_rows(placed.select(SEGMENT, RUNNER_UP, CONFIDENCE, *(FEATURE + f.name for f in features)))[0]
    missing = [f.name for f in features if found[FEATURE + f.name] is None]
    segment_id = str(found[SEGMENT])
    known = {s.id: s for s in segmentation.segments}
    return {
        "segment_id": segment_id,
        "segment": known[segment_id].name if segment_id in known else NAMES[segment_id],
        "description": known[segment_id].description if segment_id in known else "",
        "confidence": found[CONFIDENCE],
        "runner_up": found[RUNNER_UP],
        "missing": missing,
        "notes": notes_of(recipe, {f.name: found[FEATURE + f.name] for f in features}),
    }


def notes_of(recipe: Recipe, features: Mapping[str, Any]) -> list[str]:
    """What is unusual about the features of one customer, in sentences."""
    ranges = [n for s in recipe.scales for n in _note(s, features[s.feature.name])]
    return ranges + [
        f"{p.feature.name} '{features[p.feature.name]}' was rare or not there at fitting"
        for p in recipe.levels
        if features[p.feature.name] not in (None, *p.levels)
    ]


def customer_values(stated: object) -> dict[str, object]:
    """What is known of one customer, by column or by feature. Raises SettingsError for what has no names."""
    return as_values(stated, "A customer is given by names and values.", 'For example {"age": 41, "income": 52000}.')


def customer_frame(segmentation: Segmentation, values: Mapping[str, object]) -> nw.LazyFrame[Any]:
    """One row with the features of a customer given by columns or by features, under their hidden names.

    Raises SettingsError for a name that is neither, or a value that cannot be read.
    """
    recipe, features = segmentation.recipe, segmentation.recipe.clustered
    columns, stated = _sort_out(segmentation, customer_values(values))
    table = read(
        text_frame(columns), ReadingSettings(max_rejected_share=1), {c.name: c.reading for c in recipe.columns}
    )
    if table.rows_rejected:
        reject = table.rejects[0]
        raise SettingsError(f"'{reject.column}': {reject.reason}.", found=reject.value, remedy="Correct the value.")
    derived = with_features(table.frame, [f for f in features if f.name not in stated], recipe.as_of)
    given = [nw.lit(value).alias(FEATURE + name) for name, value in stated.items()]
    return derived.with_columns(*given) if given else derived


def _note(scale: Scale, value: float | None) -> list[str]:
    if value is None or scale.minimum <= value <= scale.maximum:
        return []
    seen = f"{scale.minimum:g} to {scale.maximum:g}"
    return [f"{scale.feature.name} {value:g} is outside of what was seen at fitting ({seen})"]


def _sort_out(
    segmentation: Segmentation, values: Mapping[str, object]
) -> tuple[dict[str, list[str | None]], dict[str, float | str]]:
    """Values given by column, as text cells for every column the segments rest on; and those given by feature."""
    recipe = segmentation.recipe
    by_name = {f.name: f for f in recipe.clustered}
    columns: dict[str, list[str | None]] = {c: [None] for f in recipe.clustered for c in (*f.sources, *f.over)}
    ignored = {recipe.id_column, *(c.name for c in recipe.columns), *(r["column"] for r in segmentation.roles)}
    missing = {c.name: c.reading.missing for c in recipe.columns}
    stated: dict[str, float | str] = {}
    for name, value in values.items():
        # A number for a feature that is a column of its own needs no reading: the column's decimal mark may differ.
        plain = name in by_name and by_name[name].operation == "column" and isinstance(value, (int, float))
        if (name in columns or name in by_name) and is_unknown(value):
            continue
        if plain and value in said_by(missing[by_name[name].sources[0]]):
            continue
        if name in columns and not plain:
            columns[name] = [str(value)]
        elif name in by_name:
            stated[name] = str(value) if by_name[name].operation == "category" else _number(name, value)
        elif name not in ignored:
            raise SettingsError(
                f"'{name}' is neither a feature nor a column that the segments rest on.",
                found=f"features {', '.join(by_name)}; columns {', '.join(columns)}",
                remedy="Use one of those names.",
            )
    return columns, stated


def _number(name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SettingsError(f"'{name}' must be a number.", found=repr(value), remedy=f"For example {name}=42.")
    return number
