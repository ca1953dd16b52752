"""The scorer as SQL: from a typed table to each customer's id and segment, with the figures of the model written in.

Every step computes what the expressions of scoring compute, in the same order, so that a database gives the same
segment to the same customer. Cleaning of text is not part of it: the columns have the types that the header names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from segmentry.errors import SettingsError
from segmentry.features.derive import meaning_yes, slug
from segmentry.features.feature import Bins, Feature
from segmentry.features.levels import steps
from segmentry.features.recipe import GRID, LIMIT, Levels, Recipe, Scale, SourceColumn
from segmentry.features.role_rules import ANSWERS
from segmentry.prototypes.assign import NO_DATA, NOISE
from segmentry.prototypes.rule import Rule
from segmentry.scoring.dialects import Dialect, dialect_of, table_parts
from segmentry.segmentation import Segmentation, counted_to
from segmentry.tables import free_names, said_by
from segmentry.tables.numbers import LARGEST_USED

_LONGEST_NAME = 48  # PostgreSQL cuts names at 63 bytes, and what was cut off may be all that told them apart
_LONGEST_LINE = 80
_FINITE = "NaN, infinity, what is too large to compute with and what stands for missing count as missing"

Columns = list[tuple[str, str]]  # expression, name


def to_sql(
    segmentation: Segmentation,
    *,
    dialect: str = "duckdb",
    table: str = "customers",
    as_of: date | str | None = None,
) -> str:
    """A SELECT that gives the id (when the model has one) and `segment_id` of every row of `table`.

    `table` may be qualified with dots; names are quoted, so that upper and lower case count. Ages and tenures count to
    the day of the fit, or to `as_of`. Raises SettingsError for a dialect that is not known.
    """
    segmentation = counted_to(segmentation, as_of)
    scorer = _scorer(segmentation, dialect_of(dialect))
    rule = scorer.rule
    steps = [
        *_up_to_features(scorer),
        _Step("grid", f"filled, capped, and in whole steps of 1/{GRID} standard deviation", _grid(scorer)),
        *([_Step("pairs", "products of two", _pairs(scorer))] if rule.pairs else []),
        _Step("scores", "how far from each prototype; the lowest is the nearest", _scores(scorer)),
    ]
    if len(scorer.segments) < len(rule.owners):
        steps.append(_Step("nearest", "the nearest prototype of each segment", _nearest(scorer)))
    return _header(segmentation, scorer) + _query(scorer, steps, _winner(scorer), table)


def features_to_sql(
    segmentation: Segmentation, answer: Callable[[Dialect, Mapping[str, str]], str], *, dialect: str, table: str
) -> str:
    """The same for another rule over the same features: `answer` makes its expression from the features' names.

    Raises SettingsError for a dialect that is not known.
    """
    scorer = _scorer(segmentation, dialect_of(dialect))
    d = scorer.d
    known = _joined("OR", [f"{name} IS NOT NULL" for name in scorer.features.values()])
    case = f"CASE WHEN {known} THEN\n      {answer(d, scorer.features)}\n    ELSE {d.text(NO_DATA)} END"
    return _header(segmentation, scorer) + _query(scorer, _up_to_features(scorer), case, table)


@dataclass(frozen=True)
class _Step:
    """A step of the query: its name, what it computes in words, and its columns, from the step before."""

    name: str
    said: str
    columns: Columns


def _up_to_features(scorer: _Scorer) -> list[_Step]:
    return [
        _Step("typed", "the columns, as the types that the arithmetic needs", _typed(scorer)),
        _Step("finite", _FINITE, _finite(scorer)),
        _Step("features", "what is known of each customer", _features(scorer)),
        # In a step of their own: a value that is scored is asked for once a threshold.
        *([_Step("binned", "scores by thresholds", _binned(scorer))] if scorer.scored else []),
    ]


def _query(scorer: _Scorer, steps: Sequence[_Step], answer: str, table: str) -> str:
    names = _step_names([step.name for step in steps], table)
    sources = [scorer.d.table(table), *names]
    blocks = [
        f"-- {step.said}\n{name} AS{scorer.d.once} (\n{_select(step.columns, source, '  ')}\n)"
        for name, step, source in zip(names, steps, sources, strict=False)
    ]
    last = _select([*_id_out(scorer), (answer, scorer.output)], names[-1])
    return "WITH\n" + ",\n".join(blocks) + f"\n{last};\n"


@dataclass(frozen=True)
class _Scorer:
    """The parts of a segmentation that scoring needs, with the names that its columns have in the query."""

    recipe: Recipe
    rule: Rule
    d: Dialect
    columns: tuple[SourceColumn, ...]  # that features rest on
    id: str | None  # the customer's id under a name that no other column has
    features: dict[str, str]
    axes: tuple[str, ...]

    @property
    def segments(self) -> tuple[str, ...]:
        return self.rule.segments

    @property
    def scored(self) -> bool:
        """Whether any feature is a score by thresholds."""
        return any(f.bins for f in self.recipe.clustered)

    @property
    def pairs(self) -> list[str]:
        return [f"pair_{place + 1}" for place in range(len(self.rule.pairs))]

    @property
    def scores(self) -> list[str]:
        return [f"score_{place + 1}" for place in range(len(self.rule.owners))]

    @property
    def per_segment(self) -> list[str]:
        several = len(self.segments) < len(self.rule.owners)
        return [f"nearest_{place + 1}" for place in range(len(self.segments))] if several else self.scores

    @property
    def output(self) -> str:
        """The name of the answer; an id that is called like it keeps its name, and ours gets a trailing `_`."""
        taken = (self.recipe.id_column or "").lower()
        return self.d.name_of(free_names(["segment_id"], [taken])["segment_id"])

    def kept(self) -> Columns:
        return [(self.id, self.id)] if self.id else []


@dataclass
class _Names:
    """Plain names that differ from each other, and from the source's, even where case does not count."""

    taken: set[str] = field(default_factory=set)

    def new(self, wanted: str) -> str:
        name, number = wanted[:_LONGEST_NAME], 2
        while name.casefold() in self.taken:
            name, number = f"{wanted[:_LONGEST_NAME]}_{number}", number + 1
        self.taken.add(name.casefold())
        return name


def _scorer(segmentation: Segmentation, d: Dialect) -> _Scorer:
    recipe = segmentation.recipe
    used = recipe.needed
    columns = tuple(c for c in recipe.columns if c.name in used)
    names = _Names({c.name.casefold() for c in columns})
    return _Scorer(
        recipe=recipe,
        rule=segmentation.rule,
        d=d,
        columns=columns,
        id=d.name_of(names.new("customer_key")) if recipe.id_column else None,
        features={f.name: d.name_of(names.new(f"feature_{slug(f.name)}")) for f in recipe.clustered},
        axes=tuple(d.name_of(names.new(f"grid_{slug(axis)}")) for axis in recipe.axes),
    )


def _step_names(wanted: Iterable[str], table: str) -> list[str]:
    """Names for the steps; a table that is called like one would be taken for it."""
    taken = {part.casefold() for part in table_parts(table)}
    return list(free_names(wanted, taken).values())


def _select(columns: Columns, source: str, indent: str = "") -> str:
    listed = ",\n".join(f"{indent}  {e} AS {name}" if e != name else f"{indent}  {name}" for e, name in columns)
    return f"{indent}SELECT\n{listed}\n{indent}FROM {source}"


def _joined(operator: str, parts: Sequence[str]) -> str:
    """The parts in a line, or where it would be long, in a line each."""
    line = f" {operator} ".join(parts)
    return line if len(line) <= _LONGEST_LINE else f"\n      {operator} ".join(parts)


def _header(segmentation: Segmentation, scorer: _Scorer) -> str:
    recipe, d = scorer.recipe, scorer.d
    needed = {
        "number": f"number, cast to {d.double}; truth values count 1 and 0",
        "date": d.date_needed,
        "text": f"text, cast to {d.string}; spelled as below",
    }
    lines = [
        f"segmentry: the segments of {segmentation.provenance.n_customers} customers as {d.name} SQL.",
        "The table needs these columns, with these types. Text is not cleaned here, and case counts:",
        *([f"  {recipe.id_column}: any type (the customer's id)"] if recipe.id_column else []),
        *(f"  {c.name}: {needed[c.reading.kind]}" for c in scorer.columns),
        *([f"Ages and recencies count to {recipe.as_of}."] if recipe.as_of else []),
        "Segments:",
        *(f"  {s.id}: {s.name}" for s in segmentation.segments),
        f"  {NO_DATA}: customers of whom none of these columns is known",
    ]
    # A name from the data must not end the comment, and a backslash at the end would go on with it.
    told = ("".join(c if c.isprintable() else " " for c in line) for line in lines)
    return "".join(f"-- {line} .\n" if line.endswith("\\") else f"-- {line}\n" for line in told)


def _typed(scorer: _Scorer) -> Columns:
    d = scorer.d
    columns = [(d.name_of(scorer.recipe.id_column), scorer.id)] if scorer.recipe.id_column and scorer.id else []
    return [*columns, *((_cast(c, d), d.name_of(c.name)) for c in scorer.columns)]


def _cast(column: SourceColumn, d: Dialect) -> str:
    name = d.name_of(column.name)
    if column.reading.kind == "date":
        return d.as_date(name)
    text = f"CAST({name} AS {d.string})"
    if column.reading.kind == "text":
        return text
    if column.role in ANSWERS and not d.truth_casts:
        truth = f"WHEN 'true' THEN {d.number(1)} WHEN 'false' THEN {d.number(0)}"
        return f"CASE LOWER({text}) {truth} ELSE CAST({text} AS {d.double}) END"
    return f"CAST({name} AS {d.double})"


def _finite(scorer: _Scorer) -> Columns:
    d = scorer.d
    largest = d.number(LARGEST_USED)
    columns = scorer.kept()
    for column in scorer.columns:
        name = d.name_of(column.name)
        absent = _absent(column, d)
        conditions = [f"ABS({name}) <= {largest}"] if column.reading.kind == "number" else []
        conditions += [f"{name} NOT IN ({', '.join(absent)})"] if absent else []
        columns.append((f"CASE WHEN {' AND '.join(conditions)} THEN {name} END" if conditions else name, name))
    return columns


def _absent(column: SourceColumn, d: Dialect) -> list[str]:
    """The values that stand for "missing" in a column."""
    words, kind = column.reading.missing, column.reading.kind
    if kind == "number":
        return [d.number(number) for number in said_by(words)]
    return [d.as_date(d.text(w)) for w in words if _is_day(w)] if kind == "date" else [d.text(w) for w in words]


def _is_day(word: str) -> bool:
    try:
        return date.fromisoformat(word).isoformat() == word
    except ValueError:
        return False


def _features(scorer: _Scorer) -> Columns:
    recipe = scorer.recipe
    named = [(_feature(f, recipe.as_of, scorer.d), scorer.features[f.name]) for f in recipe.clustered]
    return [*scorer.kept(), *named]


def _binned(scorer: _Scorer) -> Columns:
    named = [(f, scorer.features[f.name]) for f in scorer.recipe.clustered]
    return [*scorer.kept(), *((_scored(name, f.bins, scorer.d) if f.bins else name, name) for f, name in named)]


def _scored(value: str, bins: Bins, d: Dialect) -> str:
    side = "<" if bins.falling else ">"
    steps = {threshold: place for place, threshold in enumerate(bins.thresholds, start=2)}
    # Of equal thresholds the last counts; the farthest is asked first.
    asked = [f"WHEN {value} {side} {d.number(t)} THEN {d.number(place)}" for t, place in reversed(steps.items())]
    lines = ["CASE", *asked, f"WHEN {value} IS NOT NULL THEN {d.number(1)}", "END"]
    return "\n      ".join(lines)


def _feature(feature: Feature, as_of: date | None, d: Dialect) -> str:
    column = d.name_of(feature.sources[0])
    if feature.operation in ("column", "category"):
        return column
    if feature.operation == "sum":
        return _sum(feature.sources, feature.levels, d)
    if feature.operation == "ratio":
        # Where nothing of it is known, the total below is 0.
        above, below = _sum(feature.sources, (), d), _total(feature.over, (), d)
        value = f"{above} / ({below})"
        if feature.unit == "share":
            ends = f"WHEN {above} < {d.number(0)} THEN {d.number(0)} WHEN {above} > {below} THEN {d.number(1)}"
            value = f"CASE {ends} ELSE {value} END"
        return f"CASE WHEN {below} > {d.number(0)} THEN {value} END"
    if feature.operation == "flag":
        return f"CAST({_flag(column, feature.levels, d)} AS {d.double})"
    if feature.operation == "level":
        placed = zip(feature.levels, steps(feature.levels), strict=True)
        places = " ".join(f"WHEN {d.text(level)} THEN {d.number(place)}" for level, place in placed)
        return f"CAST(CASE {_or_none(column, feature.levels, d)} {places} END AS {d.double})"
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
    if len(sources) == 1 and not yes:
        return d.name_of(sources[0])
    known = _joined("OR", [f"{d.name_of(c)} IS NOT NULL" for c in sources])
    return f"CASE WHEN {known} THEN {_total(sources, yes, d)} END"


def _total(sources: Sequence[str], yes: Sequence[str], d: Dialect) -> str:
    names = [d.name_of(c) for c in sources]
    parts = [f"CAST({_flag(name, yes, d)} AS {d.double})" if yes else name for name in names]
    return _joined("+", [f"COALESCE({part}, {d.number(0)})" for part in parts])


def _flag(column: str, yes: Sequence[str], d: Dialect) -> str:
    levels = ", ".join(d.text(level) for level in meaning_yes(yes))
    one, zero = d.number(1), d.number(0)
    return f"CASE WHEN {column} IS NOT NULL THEN CASE WHEN {column} IN ({levels}) THEN {one} ELSE {zero} END END"


def _or_none(column: str, levels: Sequence[str], d: Dialect) -> str:
    """The text, or where it is missing one that is none of the levels."""
    absent = ""
    while absent in levels:
        absent += "-"
    return f"COALESCE({column}, {d.text(absent)})"


def _grid(scorer: _Scorer) -> Columns:
    recipe, d = scorer.recipe, scorer.d
    known = _joined("OR", [f"{scorer.features[f.name]} IS NOT NULL" for f in recipe.clustered])
    axes = [_on_grid(s, scorer.features[s.feature.name], d) for s in recipe.scales]
    axes += [_on_level(p, level, scorer.features[p.feature.name], d) for p in recipe.levels for level in p.levels]
    has_data = (f"CASE WHEN {known} THEN 1 ELSE 0 END", "has_data")
    return [*scorer.kept(), has_data, *zip(axes, scorer.axes, strict=True)]


def _on_grid(scale: Scale, name: str, d: Dialect) -> str:
    value = f"COALESCE({name}, {d.number(scale.fill)})"
    if scale.low is not None and scale.high is not None:
        value = _between(value, scale.low, scale.high, d)
    if scale.transform == "log1p":
        value = f"LN({d.greatest}({value}, {d.number(0)}) + {d.number(1)})"
    steps = f"({value} - {d.number(scale.centre)}) / {d.number(scale.scale)} * {d.number(GRID)} + {d.number(0.5)}"
    return _between(d.floor(steps), -LIMIT * GRID, LIMIT * GRID, d)


def _between(value: str, low: float, high: float, d: Dialect) -> str:
    return f"{d.least}({d.greatest}({value}, {d.number(low)}), {d.number(high)})"


def _on_level(part: Levels, level: str, name: str, d: Dialect) -> str:
    found = f"WHEN {d.text(level)} THEN {d.number(part.weight)} ELSE {d.number(0)}"
    return f"CAST(CASE {_or_none(name, part.levels, d)} {found} END AS {d.double})"


def _pairs(scorer: _Scorer) -> Columns:
    axes = scorer.axes
    kept = [*scorer.kept(), ("has_data", "has_data"), *((axis, axis) for axis in axes)]
    products = [f"{axes[a]} * {axes[b]}" for a, b in scorer.rule.pairs]
    return [*kept, *zip(products, scorer.pairs, strict=True)]


def _scores(scorer: _Scorer) -> Columns:
    rule, d = scorer.rule, scorer.d
    columns = [*scorer.kept(), ("has_data", "has_data")]
    named = [*scorer.axes, *scorer.pairs]
    parts = zip(scorer.scores, rule.offsets, rule.weights, rule.pair_weights or ((),) * len(rule.offsets), strict=True)
    for name, offset, linear, quadratic in parts:
        weights = zip(named, (*linear, *quadratic), strict=True)
        terms = [f"{column} * {d.number(weight)}" for column, weight in weights if weight]
        columns.append((_joined("+", [d.number(offset), *terms]), name))
    if rule.cutoff is not None:
        # With pairs, a score is a squared distance already.
        norm = _joined("+", [f"{axis} * {axis}" for axis in scorer.axes])
        columns.append((d.number(0) if rule.pairs else norm, "norm"))
    return columns


def _nearest(scorer: _Scorer) -> Columns:
    d, rule = scorer.d, scorer.rule
    columns = [*scorer.kept(), ("has_data", "has_data")]
    for segment, name in zip(scorer.segments, scorer.per_segment, strict=True):
        own = [score for score, owner in zip(scorer.scores, rule.owners, strict=True) if owner == segment]
        columns.append((f"{d.least}({', '.join(own)})" if len(own) > 1 else own[0], name))
    return columns if rule.cutoff is None else [*columns, ("norm", "norm")]


def _id_out(scorer: _Scorer) -> Columns:
    return [(scorer.id, scorer.d.name_of(scorer.recipe.id_column))] if scorer.recipe.id_column and scorer.id else []


def _winner(scorer: _Scorer) -> str:
    d, rule, names = scorer.d, scorer.rule, scorer.per_segment
    lines = [f"CASE\n    WHEN has_data = 0 THEN {d.text(NO_DATA)}"]
    if rule.cutoff is not None:
        far = " AND ".join(f"{name} + norm > {d.number(rule.cutoff)}" for name in names)
        lines.append(f"WHEN {far} THEN {d.text(NOISE)}")
    for place, (name, owner) in enumerate(zip(names, scorer.segments, strict=True)):
        # Earlier ones have lost already: the first of equals wins.
        rest = " AND ".join(f"{name} <= {other}" for other in names[place + 1 :])
        lines.append(f"WHEN {rest} THEN {d.text(owner)}" if rest else f"ELSE {d.text(owner)}")
    if len(names) == 1:
        lines[-1] = f"ELSE {d.text(scorer.segments[0])}"
    return "\n    ".join(lines) + "\n  END"
