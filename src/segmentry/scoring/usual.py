"""A customer of usual values, as an example of what may be given of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from segmentry.features.feature import Feature
from segmentry.features.recipe import Recipe, Scale
from segmentry.scoring.rows import Field, RowScorer

_ID = "C0001"
_DAY = "2024-01-31"
_DAYS_A_YEAR = 365.25
_Values = dict[str, float]


def usual_customer(scorer: RowScorer) -> dict[str, object]:
    """A customer as one might be given, by field, of whom nothing is beyond what was seen at fitting.

    Where the model knows the usual figure of a total, a share or an age alone, its columns get values that make it up.
    A column for which no such value is found is left out.
    """
    recipe = scorer.segmentation.recipe
    numbers, days = _numbers(recipe), _days(recipe)
    found = {field.name: _value(field, recipe, numbers, days) for field in scorer.fields}
    given = {name: value for name, value in found.items() if value is not None}
    columns = {f.name: {*f.sources, *f.over} for f in recipe.clustered}
    while strange := scorer.score([given])[0].out_of_range:
        given = {name: value for name, value in given.items() if not any(name in columns[f] for f in strange)}
    return given


def _value(field: Field, recipe: Recipe, numbers: _Values, days: dict[str, date]) -> object:
    if field.kind == "id":
        return _ID
    if field.kind == "number":
        number = float(f"{numbers.get(field.name, 1.0):.4g}")
        return int(number) if number.is_integer() else number
    if field.kind == "date":
        return days[field.name].isoformat() if field.name in days else _DAY
    if not field.levels:
        return None
    place = next(
        (s.fill for s in recipe.scales if s.feature.operation == "level" and field.name in s.feature.sources), 0
    )
    return field.levels[round(place)]


def _numbers(recipe: Recipe) -> _Values:
    """A value by column that is a number. Totals are shared out before shares of them are looked at."""
    values: _Values = {}
    for operation in ("column", "years_since_year", "sum", "ratio"):
        for scale in recipe.scales:
            feature, usual = scale.feature, _usual(scale)
            if feature.operation != operation:
                continue
            if operation == "ratio":
                _make_up_ratio(values, feature, usual)
            elif operation == "years_since_year" and recipe.as_of is not None:
                values[feature.sources[0]] = recipe.as_of.year - round(usual)
            else:
                _make_up_sum(values, feature, usual)
    return values


def _days(recipe: Recipe) -> dict[str, date]:
    """A day by column of dates from which an age or a time is counted."""
    found: dict[str, date] = {}
    for scale in recipe.scales:
        operation = scale.feature.operation
        if recipe.as_of is not None and operation in ("years_since", "days_since"):
            # Half a year more, since years that are not whole do not count.
            days = (_usual(scale) + 0.5) * _DAYS_A_YEAR if operation == "years_since" else _usual(scale)
            found[scale.feature.sources[0]] = date.fromordinal(recipe.as_of.toordinal() - round(days))
    return found


def _usual(scale: Scale) -> float:
    """The usual value of what is derived from columns; of a score, one that gets it, or the score below."""
    bins = scale.feature.bins
    return scale.fill if bins is None else bins.thresholds[min(round(scale.fill), len(bins.thresholds)) - 1]


def _make_up_sum(values: _Values, feature: Feature, usual: float) -> None:
    free = [name for name in feature.sources if name not in values]
    known = sum(values[name] for name in feature.sources if name in values)
    for name in free:
        part = (usual - known) / len(free)
        # Nobody has two thirds of a purchase; a part below one stays, so that the total is not nothing.
        values[name] = float(round(part)) if feature.unit == "count" and len(free) > 1 and part >= 1 else part


def _make_up_ratio(values: _Values, feature: Feature, usual: float) -> None:
    for name in feature.over:
        values.setdefault(name, 1.0)
    whole = sum(values[name] for name in feature.over)
    if not set(feature.sources) <= set(feature.over):
        _make_up_sum(values, feature, usual * whole)
        return
    _rescale(values, feature.sources, usual * whole)
    _rescale(values, set(feature.over) - set(feature.sources), (1 - usual) * whole)


def _rescale(values: _Values, names: Iterable[str], total: float) -> None:
    """Makes these add up to a total, by their shares of it, or in equal parts where they are nothing."""
    chosen = list(names)
    before = sum(values[name] for name in chosen)
    for name in chosen:
        values[name] = total * values[name] / before if before > 0 else total / len(chosen)
