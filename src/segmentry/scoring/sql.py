"""The scorer as SQL: from a typed table to each customer's id and segment, with the figures of the model written in.

Every step computes what the expressions of scoring compute, in the same order, so that a database gives the same
segment to the same customer. Cleaning of text is not part of it: the columns have the types that the header names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from segmentry.errors import SettingsError
from segmentry.features.feature import Feature
from segmentry.features.levels import steps
from segmentry.features.recipe import GRID, LIMIT, Levels, Recipe, Scale
from segmentry.prototypes.assign import NO_DATA, NOISE
from segmentry.prototypes.rule import Rule
from segmentry.scoring.dialects import DIALECTS, Dialect
from segmentry.segmentation import Segmentation

_TYPES = {"number": "number; truth values as 1 and 0", "date": "date", "text": "text"}


def to_sql(segmentation: Segmentation, *, dialect: str = "duckdb", table: str = "customers") -> str:
    """A SELECT that gives the id (when the model has one) and `segment_id` of every row of `table`.

    `table` may be qualified with dots. Raises SettingsError for a dialect that is not known.
    """
    if dialect not in DIALECTS:
        raise SettingsError(f"There is no dialect '{dialect}'.", found=dialect, remedy=f"Use {', '.join(DIALECTS)}.")
    d = DIALECTS[dialect]
    recipe, rule = segmentation.recipe, segmentation.rule
    features = recipe.clustered
    scored_from = "pairs" if rule.pairs else "grid"
    paired = [("pairs", [("*", "*"), *_pairs(rule, d)], "grid")] if rule.pairs else []
    steps = [
        ("typed", _typed(recipe, features, d), ".".join(d.name_of(part) for part in table.split("."))),
        ("features", _features(recipe, features, d), "typed"),
        ("grid", _grid(recipe, d), "features"),
        *paired,
        ("scores", [*_id(recipe, d), ("has_data", "has_data"), *_scores(rule, d)], scored_from),
    ]
    blocks = [f"{name} AS (\n{_select(columns, source)}\n)" for name, columns, source in steps]
    last = _select([*_id(recipe, d), (_winner(rule, d), "segment_id")], "scores")
    return f"{_header(segmentation, features, d)}WITH {', '.join(blocks)}\n{last};\n"


Columns = list[tuple[str, str]]  # expression, name


def _select(columns: Columns, source: str) -> str:
    listed = ",\n".join(f"    {e} AS {name}" if e != name else f"    {name}" for e, name in columns)
    return f"  SELECT\n{listed}\n  FROM {source}"


def _header(segmentation: Segmentation, features: Sequence[Feature], d: Dialect) -> str:
    recipe = segmentation.recipe
    used = {c for f in features for c in (*f.sources, *f.over)}
    lines = [
        f"segmentry: the segments of {segmentation.provenance.n_customers} customers as {d.name} SQL.",
        "The table needs these columns, with these types (text is not cleaned here):",
        *([f"  {recipe.id_column}: any type (the customer's id)"] if recipe.id_column else []),
        *(f"  {c.name}: {_TYPES[c.reading.kind]}" for c in recipe.columns if c.name in used),
        *([f"Ages and recencies count to {recipe.as_of}."] if recipe.as_of else []),
        "Segments:",
        *(f"  {s.id}: {s.name}" for s in segmentation.segments),
    ]
    # A name from the data must not end the comment.
    return "".join(f"-- {' '.join(line.splitlines())}\n" for line in lines)


def _id(recipe: Recipe, d: Dialect) -> Columns:
    return [(d.name_of(recipe.id_column), d.name_of(recipe.id_column))] if recipe.id_column else []


def _typed(recipe: Recipe, features: Sequence[Feature], d: Dialect) -> Columns:
    used = {c for f in features for c in (*f.sources, *f.over)}
    columns = _id(recipe, d)
    for column in recipe.columns:
        if column.name in used and column.name != recipe.id_column:
            name = d.name_of(column.name)
            columns.append((f"CAST({name} AS {d.double})" if column.reading.kind == "number" else name, name))
    return columns


def _features(recipe: Recipe, features: Sequence[Feature], d: Dialect) -> Columns:
    return [*_id(recipe, d), *((_feature(f, recipe.as_of, d), _feature_name(f.name, d)) for f in features)]


def _feature_name(name: str, d: Dialect) -> str:
    return d.name_of(f"feature {name}")


def _axis_name(axis: str, d: Dialect) -> str:
    return d.name_of(f"axis {axis}")


def _feature(feature: Feature, as_of: date | None, d: Dialect) -> str:
    column = d.name_of(feature.sources[0])
    if feature.operation in ("column", "category"):
        return column
    if feature.operation == "sum":
        return _sum(feature.sources, feature.levels, d)
    if feature.operation == "ratio":
        above, below = _sum(feature.sources, (), d), _sum(feature.over, (), d)
        return f"CASE WHEN {below} > 0 THEN {above} / {below} END"
    if feature.operation == "flag":
        return f"CAST({_flag(column, feature.levels, d)} AS {d.double})"
    if feature.operation == "level":
        placed = zip(feature.levels, steps(feature.levels), strict=True)
        places = " ".join(f"WHEN {d.text(level)} THEN {d.number(place)}" for level, place in placed)
        return f"CAST(CASE {column} {places} END AS {d.double})"
    if as_of is None:
        raise SettingsError(f"'{feature.name}' needs an as-of date.", remedy="Fit again with --as-of.")
    if feature.operation == "years_since_year":
        return f"{d.number(as_of.year)} - {column}"
    if feature.operation == "days_since":
        return f"CAST({d.days_since(as_of, column)} AS {d.double})"
    month, day = d.extract("MONTH", column), d.extract("DAY", column)
    early = f"{month} > {as_of.month} OR ({month} = {as_of.month} AND {day} > {as_of.day})"
    years = f"{as_of.year} - {d.extract('YEAR', column)}"
    return f"CAST({years} - CASE WHEN {early} THEN 1 ELSE 0 END AS {d.double})"


def _sum(sources: Sequence[str], yes: Sequence[str], d: Dialect) -> str:
    names = [d.name_of(c) for c in sources]
    parts = [_flag(name, yes, d) if yes else name for name in names]
    if len(parts) == 1 and not yes:
        return parts[0]
    missing = " AND ".join(f"{name} IS NULL" for name in names)
    zero = d.number(0)
    total = " + ".join(f"COALESCE({part}, {zero})" for part in parts)
    return f"(CASE WHEN NOT ({missing}) THEN CAST({total} AS {d.double}) END)"


def _flag(column: str, yes: Sequence[str], d: Dialect) -> str:
    levels = ", ".join(d.text(level) for level in yes)
    one, zero = d.number(1), d.number(0)
    return f"CASE WHEN {column} IS NOT NULL THEN CASE WHEN {column} IN ({levels}) THEN {one} ELSE {zero} END END"


def _grid(recipe: Recipe, d: Dialect) -> Columns:
    known = " OR ".join(f"{_feature_name(f.name, d)} IS NOT NULL" for f in recipe.clustered)
    columns = [*_id(recipe, d), (f"CASE WHEN {known} THEN 1 ELSE 0 END", "has_data")]
    columns += [(_on_grid(s, d), _axis_name(s.feature.name, d)) for s in recipe.scales]
    for part in recipe.levels:
        columns += [(_on_level(part, level, d), _axis_name(f"{part.feature.name}={level}", d)) for level in part.levels]
    return columns


def _on_grid(scale: Scale, d: Dialect) -> str:
    value = f"COALESCE({_feature_name(scale.feature.name, d)}, {d.number(scale.fill)})"
    if scale.low is not None and scale.high is not None:
        value = _between(value, scale.low, scale.high, d)
    if scale.transform == "log1p":
        value = f"LN({d.greatest}({value}, {d.number(0)}) + {d.number(1)})"
    steps = f"({value} - {d.number(scale.centre)}) / {d.number(scale.scale)} * {d.number(GRID)} + {d.number(0.5)}"
    return _between(d.floor(steps), -LIMIT * GRID, LIMIT * GRID, d)


def _between(value: str, low: float, high: float, d: Dialect) -> str:
    return f"{d.least}({d.greatest}({value}, {d.number(low)}), {d.number(high)})"


def _on_level(part: Levels, level: str, d: Dialect) -> str:
    name = _feature_name(part.feature.name, d)
    case = f"CASE COALESCE({name}, '') WHEN {d.text(level)} THEN {d.number(part.weight)} ELSE {d.number(0)} END"
    return f"CAST({case} AS {d.double})"


def _pairs(rule: Rule, d: Dialect) -> Columns:
    names = [_axis_name(axis, d) for axis in rule.axes]
    return [(f"{names[a]} * {names[b]}", f"pair_{place + 1}") for place, (a, b) in enumerate(rule.pairs)]


def _scores(rule: Rule, d: Dialect) -> Columns:
    columns: Columns = []
    named = [*(_axis_name(axis, d) for axis in rule.axes), *(f"pair_{place + 1}" for place in range(len(rule.pairs)))]
    pair_weights = rule.pair_weights or ((),) * len(rule.offsets)
    for place, (offset, linear, quadratic) in enumerate(zip(rule.offsets, rule.weights, pair_weights, strict=True)):
        weights = zip(named, (*linear, *quadratic), strict=True)
        terms = [d.number(offset), *(f"{name} * {d.number(weight)}" for name, weight in weights if weight)]
        columns.append((" + ".join(terms), f"score_{place + 1}"))
    if rule.cutoff is not None:
        norm = " + ".join(f"{_axis_name(axis, d)} * {_axis_name(axis, d)}" for axis in rule.axes)
        columns.append((d.number(0) if rule.pairs else norm, "norm"))
    return columns


def _winner(rule: Rule, d: Dialect) -> str:
    names = [f"score_{place + 1}" for place in range(len(rule.offsets))]
    lines = [f"CASE\n      WHEN has_data = 0 THEN {d.text(NO_DATA)}"]
    if rule.cutoff is not None:
        far = " AND ".join(f"{name} + norm > {d.number(rule.cutoff)}" for name in names)
        lines.append(f"WHEN {far} THEN {d.text(NOISE)}")
    for place, (name, owner) in enumerate(zip(names, rule.owners, strict=True)):
        # Earlier ones have lost already: the first of equals wins.
        rest = " AND ".join(f"{name} <= {other}" for other in names[place + 1 :])
        lines.append(f"WHEN {rest} THEN {d.text(owner)}" if rest else f"ELSE {d.text(owner)}")
    return "\n      ".join(lines) + "\n    END"
