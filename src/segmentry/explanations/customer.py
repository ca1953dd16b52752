"""One customer: why this segment, how sure, who is next, and the smallest change that would move them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from segmentry.errors import SettingsError, plural
from segmentry.explanations.questions import on_grid
from segmentry.features.feature import Feature, Unit
from segmentry.features.grid import FEATURE, axis_expressions, with_features
from segmentry.features.in_memory import grid_rows, one_customer
from segmentry.features.levels import step_names
from segmentry.features.recipe import GRID, Levels, Recipe, Scale
from segmentry.profiles.evidence import BORDER
from segmentry.profiles.wording import lowered, say_exactly, say_level, say_number
from segmentry.prototypes.assign import segment_of
from segmentry.prototypes.rule import Rule
from segmentry.scoring.rows import RowScorer
from segmentry.scoring.score import check_columns, customer_frame, customer_values, notes_of, score_one
from segmentry.segmentation import Segmentation, counted_to
from segmentry.tables import Table, as_names, collect_rows, has_id

# Nobody can act on these: they are what a customer is, not what a customer does.
FIXED_THEMES = frozenset({"age", "tenure", "household", "children", "category"})
CIRCUMSTANCES = frozenset({"income"})  # may change, but not by anything that a shop does: tried last
FIXED_OPERATIONS = frozenset({"years_since_year", "years_since"})
STEPS = 240  # values tried of each feature
WHOLE = ("count", "days", "years", "level")  # units whose values are whole numbers
SOME = 40  # values tried of each of two features together

Moved = Callable[[Mapping[str, float | str]], str]  # the segment after a change of features


@dataclass(frozen=True)
class Part:
    """What one feature says: above 0 for the segment the customer is in, below 0 for the runner-up.

    `pull` is in squared standard deviations; `value` is in words, with the usual value where it is not known.
    """

    feature: str
    label: str
    value: str
    known: bool
    pull: float


@dataclass(frozen=True)
class Change:
    """Values by feature that put the customer into `segment`; `size` in standard deviations. `circumstances` tells
    that it takes a change of what the customer has, not only of what they do."""

    values: dict[str, float | str]
    segment: str
    size: float
    words: str
    circumstances: bool = False


@dataclass(frozen=True)
class Explanation:
    """Why a customer is where they are. `change` is None where none of the changeable features moves them."""

    segment_id: str
    segment: str
    confidence: float | None
    runner_up: str | None
    parts: tuple[Part, ...]
    change: Change | None
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    words: str


def explain(
    segmentation: Segmentation,
    values: Mapping[str, object],
    *,
    changeable: Sequence[str] | str | None = None,
    as_of: date | str | None = None,
) -> Explanation:
    """Why the customer with these values, by column or by feature, is in their segment, and what would move them.

    `changeable` names the features that may change; none takes all but age, tenure, household and the like. Ages and
    tenures count to the day of the fit, or to `as_of`. Raises SettingsError for a name that is neither a column nor a
    feature.
    """
    segmentation = counted_to(segmentation, as_of)
    values = customer_values(values)
    parts = {p.feature.name: p for p in _prepared_parts(segmentation.recipe)}

    def moved(change: Mapping[str, float | str]) -> str:
        stated = {name: _as_given(parts[name], value) for name, value in change.items()}
        return str(score_one(segmentation, {**values, **stated})["segment_id"])

    placed = score_one(segmentation, values)
    return _explained(segmentation, placed, *_prepared(segmentation, values), moved, changeable)


def explain_row(
    scorer: RowScorer, row: Mapping[str, object], *, changeable: Sequence[str] | str | None = None
) -> Explanation:
    """As `explain`, for a customer that is given by fields, in a fifth of the time. Raises RowError."""
    segmentation = scorer.segmentation
    recipe = segmentation.recipe
    features = scorer.features_of(row)
    one = scorer.score_features(features)

    def moved(change: Mapping[str, float | str]) -> str:
        return scorer.score_features({**features, **change}).segment_id

    notes = notes_of(recipe, features)
    axes = grid_rows(recipe, one_customer(recipe, features))[0]
    return _explained(segmentation, {**asdict(one), "notes": notes}, features, axes, moved, changeable)


def _explained(
    segmentation: Segmentation,
    placed: Mapping[str, Any],
    features: Mapping[str, Any],
    axes: np.ndarray,
    moved: Moved,
    changeable: Sequence[str] | str | None,
) -> Explanation:
    recipe, rule = segmentation.recipe, segmentation.rule
    own, runner = str(placed["segment_id"]), placed["runner_up"]
    names = {s.id: s.name for s in segmentation.segments}
    parts: tuple[Part, ...] = ()
    change = None
    if own in names:
        parts = _parts(recipe, rule, features, axes, own, str(runner)) if runner else ()
        change = _smallest_change(segmentation, moved, features, axes, own, _allowed(recipe, changeable))
    return Explanation(
        segment_id=own,
        segment=str(placed["segment"]),
        confidence=placed["confidence"],
        runner_up=runner,
        parts=parts,
        change=change,
        missing=tuple(placed["missing"]),
        notes=tuple(placed["notes"]),
        words=_words(placed, names, parts, change),
    )


def values_of(segmentation: Segmentation, table: Table, customer: str) -> dict[str, object]:
    """The features of the customer with this id in a table, as `explain` takes them.

    Raises SettingsError when the model has no id column, or no customer or several of the table have that id.
    """
    recipe = segmentation.recipe
    if recipe.id_column is None or recipe.id_column not in table.names:
        raise SettingsError(
            "A customer cannot be found by id.",
            found="no id column in the model" if recipe.id_column is None else ", ".join(table.names),
            remedy="Give the customer's values with --set.",
        )
    check_columns(recipe.clustered, table)
    chosen = table.frame.filter(has_id(table, recipe.id_column, customer))
    hidden = [FEATURE + f.name for f in recipe.clustered]
    rows = collect_rows(with_features(chosen, recipe.clustered, recipe.as_of).select(*hidden).head(2))
    if len(rows) != 1:
        raise SettingsError(
            f"There is {'no customer' if not rows else 'more than one customer'} with this id.",
            found=f"an id of {plural(len(customer), 'character')}",
            remedy="Check --id; ids are compared as text.",
        )
    parts = {p.feature.name: p for p in _prepared_parts(recipe)}
    known = {name: rows[0][FEATURE + name] for name in parts}
    return {name: _as_given(parts[name], value) for name, value in known.items() if value is not None}


def _prepared(segmentation: Segmentation, values: Mapping[str, object]) -> tuple[dict[str, Any], np.ndarray]:
    """The features in original units and the axes on the grid."""
    recipe = segmentation.recipe
    frame = customer_frame(segmentation, values)
    axes = [e.alias(f"place::{place}") for place, e in enumerate(axis_expressions(recipe))]
    row = collect_rows(frame.select(*(FEATURE + f.name for f in recipe.clustered), *axes))[0]
    features = {f.name: row[FEATURE + f.name] for f in recipe.clustered}
    return features, np.array([float(row[f"place::{place}"]) for place in range(len(axes))])


def _allowed(recipe: Recipe, changeable: Sequence[str] | str | None) -> frozenset[str]:
    names = {f.name for f in recipe.clustered}
    if changeable is None:
        return frozenset(f.name for f in recipe.clustered if _can_change(f))
    chosen = frozenset(as_names(changeable, "changeable"))
    unknown = sorted(chosen - names)
    if unknown:
        raise SettingsError(
            "The segments do not rest on this feature.",
            found=", ".join(unknown),
            remedy=f"They rest on {', '.join(sorted(names))}.",
        )
    return chosen


def _can_change(feature: Feature) -> bool:
    return feature.theme not in FIXED_THEMES and feature.operation not in FIXED_OPERATIONS


def _terms(rule: Rule, place: int, x: np.ndarray) -> np.ndarray:
    """The score of a prototype, part by part: one term an axis, and last what depends on none.

    A prototype of k-means gives (x - c)^2 on each axis but for x^2, which all prototypes share.
    """
    weights = np.array(rule.weights[place], dtype=np.float64)
    centres = weights / -2.0 if not rule.pairs else np.zeros(len(weights))
    terms = weights * x + centres * centres
    for (a, b), weight in zip(rule.pairs, rule.pair_weights[place] if rule.pairs else (), strict=True):
        both = weight * x[a] * x[b] / 2.0
        terms[a] += both
        terms[b] += both
    return np.append(terms, rule.offsets[place] - float((centres * centres).sum()))


def _best_of(rule: Rule, segment: str, x: np.ndarray) -> np.ndarray:
    places = [place for place, owner in enumerate(rule.owners) if owner == segment]
    return min((_terms(rule, place, x) for place in places), key=lambda terms: float(terms.sum()))


def _parts(
    recipe: Recipe, rule: Rule, features: Mapping[str, Any], x: np.ndarray, own: str, runner: str
) -> tuple[Part, ...]:
    # With pairs, a score is in multiples of a squared distance already, not of squared grid steps.
    unit = rule.scale if rule.pairs else GRID**2 * rule.scale
    pulls = (_best_of(rule, runner, x) - _best_of(rule, own, x)) / unit
    found, place = [], 0
    for part in _prepared_parts(recipe):
        width = 1 if isinstance(part, Scale) else len(part.levels)
        name = part.feature.name
        pull, place = float(pulls[place : place + width].sum()), place + width
        known = features[name] is not None
        found.append(Part(name, part.feature.label, _said(part, features[name]), known, pull))
    return tuple(sorted(found, key=lambda p: -abs(p.pull)))


def _prepared_parts(recipe: Recipe) -> list[Scale | Levels]:
    return [*recipe.scales, *recipe.levels]


def _said(part: Scale | Levels, value: Any, say: Callable[[float, Unit, str], str] = say_number) -> str:
    if isinstance(part, Levels):
        return "not known" if value is None else str(value)
    f = part.feature
    shown = part.fill if value is None else float(value)
    text = say_level(shown, step_names(f.levels)) if f.operation == "level" else say(shown, f.unit, f.symbol)
    return f"{text} (not known: the usual value)" if value is None else text


@dataclass(frozen=True)
class _Try:
    value: float | str
    at: tuple[tuple[int, float], ...]  # axes and what they become
    size: float


def _smallest_change(
    segmentation: Segmentation,
    moved: Moved,
    features: Mapping[str, Any],
    x: np.ndarray,
    own: str,
    allowed: frozenset[str],
) -> Change | None:
    """The smallest change of one feature, else of two, that moves the customer; circumstances only if nothing else."""
    tries = {n: t for n, t in _tries(segmentation.recipe, features, x).items() if n in allowed and t}
    deeds = {n for n in tries if _theme(segmentation.recipe, n) not in CIRCUMSTANCES}
    for circumstances in (False, True):
        for count in (1, 2):
            groups = [g for g in itertools.combinations(tries, count) if deeds.issuperset(g) != circumstances]
            for found in _moving(segmentation, tries, groups, x, own):
                change = _verified(segmentation, moved, found, own, circumstances)
                if change is not None:
                    return change
    return None


def _theme(recipe: Recipe, name: str) -> str:
    return next(f.theme for f in recipe.clustered if f.name == name)


def _tries(recipe: Recipe, features: Mapping[str, Any], x: np.ndarray) -> dict[str, list[_Try]]:
    found = {s.feature.name: _of_scale(s, place, x) for place, s in enumerate(recipe.scales)}
    place = len(recipe.scales)
    for part in recipe.levels:
        span = range(place, place + len(part.levels))
        found[part.feature.name] = [
            _Try(level, tuple((a, float(part.weight) if a == span[i] else 0.0) for a in span), part.weight / GRID * 1.4)
            for i, level in enumerate(part.levels)
            if level != features[part.feature.name]
        ]
        place += len(part.levels)
    return found


def _of_scale(scale: Scale, place: int, x: np.ndarray) -> list[_Try]:
    """Values between the smallest and the largest seen at fitting, evenly spaced on the scale that distances use."""
    f = scale.feature
    if f.operation == "flag":
        values = [] if f.name in f.sources else [0.0, 1.0]
    elif (f.bins or f.unit in WHOLE) and scale.maximum - scale.minimum <= STEPS:
        values = [float(v) for v in range(math.ceil(scale.minimum), math.floor(scale.maximum) + 1)]
    else:
        logged = scale.transform == "log1p"
        ends = (math.log1p(max(scale.minimum, 0.0)), math.log1p(max(scale.maximum, 0.0)))
        low, high = ends if logged else (scale.minimum, scale.maximum)
        spaced = [float(np.expm1(v) if logged else v) for v in np.linspace(low, high, STEPS)]
        values = sorted({v for v in (_rounded(v, f, scale) for v in spaced) if scale.minimum <= v <= scale.maximum})
    made = [(v, on_grid(scale, v)) for v in values]
    return [_Try(v, ((place, g),), abs(g - x[place]) / GRID) for v, g in made if g != x[place]]


def _rounded(value: float, feature: Feature, scale: Scale) -> float:
    """With three digits that matter, or with as many as tell customers apart where all values are large."""
    if feature.bins:
        return float(round(value))
    spread = scale.maximum - scale.minimum
    places = 2 - math.floor(math.log10(max(min(max(abs(value), spread / 100), spread), 1e-300)))
    return round(value, min(places, 0) if feature.unit in WHOLE else places) + 0.0  # never -0.0


def _moving(
    segmentation: Segmentation,
    tries: Mapping[str, list[_Try]],
    groups: Sequence[tuple[str, ...]],
    x: np.ndarray,
    own: str,
) -> Iterator[tuple[tuple[tuple[str, _Try], ...], str]]:
    """Sets of changes, one of each feature of a group, that lead elsewhere on the grid, the smallest first."""
    sets: list[tuple[float, tuple[tuple[str, _Try], ...]]] = []
    for group in groups:
        lists = [tries[n] if len(group) == 1 else _some(tries[n]) for n in group]
        for chosen in itertools.product(*lists):
            sets.append((math.hypot(*(t.size for t in chosen)), tuple(zip(group, chosen, strict=True))))
    if not sets:
        return
    rows = np.repeat(x[None, :], len(sets), axis=0)
    for row, (_, chosen_set) in zip(rows, sets, strict=True):
        for _, one in chosen_set:
            for axis, value in one.at:
                row[axis] = value
    placed = segment_of(segmentation.rule, rows)
    known = {s.id for s in segmentation.segments}
    elsewhere = [i for i in range(len(sets)) if placed[i] != own and placed[i] in known]
    for i in sorted(elsewhere, key=lambda i: sets[i][0]):
        yield sets[i][1], str(placed[i])


def _some(tries: list[_Try]) -> list[_Try]:
    return tries if len(tries) <= SOME else [tries[(i * len(tries)) // SOME] for i in range(SOME)]


def _verified(
    segmentation: Segmentation,
    moved: Moved,
    found: tuple[tuple[tuple[str, _Try], ...], str],
    own: str,
    circumstances: bool,
) -> Change | None:
    """The change, once scoring itself says that it moves the customer."""
    parts = {p.feature.name: p for p in _prepared_parts(segmentation.recipe)}
    chosen, _ = found
    stated = {n: _as_given(parts[n], t.value) for n, t in chosen}
    placed = moved({n: t.value for n, t in chosen})
    names = {s.id: s.name for s in segmentation.segments}
    if placed == own or placed not in names:
        return None
    told = [f"{lowered(parts[n].feature.label)} of {_said(parts[n], t.value, say_exactly)}" for n, t in chosen]
    words = f"With {' and '.join(told)} they would be in {placed} {names[placed]}."
    return Change(stated, placed, math.hypot(*(t.size for _, t in chosen)), words, circumstances)


def _as_given(part: Scale | Levels, value: float | str) -> float | str:
    """As scoring takes it: a level by its name where a column holds names."""
    f = part.feature
    if f.operation == "level" and f.name in f.sources:
        return step_names(f.levels)[int(value)]
    if f.operation == "flag" and f.name in f.sources:
        return f.levels[0] if value else "0"
    return value


def _words(placed: Mapping[str, Any], names: Mapping[str, str], parts: Sequence[Part], change: Change | None) -> str:
    own, runner = str(placed["segment_id"]), placed["runner_up"]
    if own not in names:
        return f"{placed['segment']}: no segment is near enough, or nothing is known that segments rest on."
    text = f"In {own} {names[own]}."
    if runner:
        sure = float(placed["confidence"])
        degree = "clearly" if sure >= 0.5 else "with some doubt" if sure >= BORDER else "on the border"
        text += f" Placed {degree} (confidence {sure:.2f}); next is {runner} {names[str(runner)]}."
    speak = [f"{lowered(p.label)} {p.value}" for p in parts if p.pull > 0.005][:3]
    against = [f"{lowered(p.label)} {p.value}" for p in parts if p.pull < -0.005][:2]
    if speak:
        text += f" For it: {'; '.join(speak)}."
    if against:
        text += f" For the next: {'; '.join(against)}."
    if change is None:
        return f"{text} No change of one or two changeable features within what was seen would move them."
    return f"{text} {change.words}" + (" That is a change of circumstances." if change.circumstances else "")
