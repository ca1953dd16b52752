"""One customer: entered by hand or looked up by id, placed, explained, and what a change would do, at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.asked import number
from segmentry.app.opened import Opened
from segmentry.app.pages import of_what_is_open, show
from segmentry.errors import SettingsError
from segmentry.explanations import Explanation, explain
from segmentry.features.feature import Feature
from segmentry.features.levels import step_names
from segmentry.features.recipe import Levels, Scale
from segmentry.profiles.profile import Measure
from segmentry.profiles.wording import say_number
from segmentry.segmentation import Segmentation

FAR = 3.0  # interquartile ranges beyond the quartiles: Tukey's outer fence
WHOLE = ("count", "days", "years", "level", "flag")
UNITS = {"years": "years", "days": "days", "share": "0 to 1"}


@dataclass(frozen=True)
class Field:
    """What is asked about one feature. `choices` are value and word; without any it is a number on a slider."""

    name: str
    label: str
    unit: str
    help: str
    value: str
    usual: str
    choices: tuple[tuple[str, str], ...] = ()
    low: str = ""
    high: str = ""
    step: str = ""


@of_what_is_open
def predict(request: Request, opened: Opened) -> Response:
    segmentation, query = opened.segmentation, request.query_params
    identity = query.get("customer", "").strip()[:200]
    looked_up: dict[str, Any] | None = None
    problem: SettingsError | None = None
    if identity and opened.rows is not None:
        looked_up = opened.rows.customer(identity)
        if looked_up is None:
            problem = SettingsError(
                "There is not exactly one customer with this id.", remedy="Check the id; it is compared as text."
            )
    stated = dict(query) if "asked" in query else looked_up
    parts = fields(segmentation, stated)
    answer: Explanation | None = None
    try:
        answer = explain(segmentation, values_of(parts, segmentation)) if problem is None else None
    except SettingsError as error:
        problem = error
    return show(
        request,
        "predict.html.j2",
        segmentation=segmentation,
        fields=parts,
        answer=answer,
        problem=problem,
        identity=identity,
        state=opened.state,
        has_ids=segmentation.recipe.id_column is not None,
        segments={s.id: s for s in segmentation.segments},
        strongest=max((abs(p.pull) for p in answer.parts), default=0.0) if answer else 0.0,
    )


def fields(segmentation: Segmentation, stated: dict[str, Any] | None) -> list[Field]:
    """A field for each feature that the segments rest on; without a customer it starts at what is usual."""
    recipe = segmentation.recipe
    measures = {m.name: m for m in segmentation.profile.measures}
    made = [_number_field(scale, stated, *_ends(scale, measures.get(scale.feature.name))) for scale in recipe.scales]
    return made + [_level_field(part, stated) for part in recipe.levels]


def _ends(scale: Scale, measure: Measure | None) -> tuple[float, float]:
    """Where a slider begins and ends: at what was seen, but for values far out, which would take all its length."""
    low, high = scale.minimum, scale.maximum
    if measure is None or measure.population.q1 is None or measure.population.q3 is None:
        return low, high
    q1, q3 = measure.population.q1, measure.population.q3
    room = FAR * (q3 - q1)
    return (max(low, q1 - room), min(high, q3 + room)) if room > 0 else (low, high)


def _number_field(scale: Scale, stated: dict[str, Any] | None, low: float, high: float) -> Field:
    f = scale.feature
    usual = _plain(scale.fill, f)
    value = usual if stated is None else _stated(stated.get(f.name), f)
    seen = f"Seen: {_said(f, scale.minimum)} to {_said(f, scale.maximum)}; usually {_said(f, scale.fill)}."
    if f.operation == "flag":
        choices = (("", "not known"), ("0", "no"), ("1", "yes"))
        return Field(f.name, f.label, "", f"Usually {'yes' if scale.fill else 'no'}.", value, usual, choices)
    if f.operation == "level":
        steps = tuple((str(i), name) for i, name in enumerate(step_names(f.levels)))
        return Field(f.name, f.label, "", "", value, usual, (("", "not known"), *steps))
    step = 1.0 if f.unit in WHOLE else _step(high - low)
    ends = _plain(low, f), _plain(high, f)
    return Field(f.name, f.label, _unit(f), seen, value, usual, (), *ends, f"{step:g}")


def _level_field(part: Levels, stated: dict[str, Any] | None) -> Field:
    f = part.feature
    value = "" if stated is None else str(stated.get(f.name) or "")
    choices = (("", "not known"), *((level, level) for level in part.levels))
    return Field(f.name, f.label, "", "", value if value in part.levels else "", "", choices)


def _stated(value: Any, feature: Feature) -> str:
    return "" if value is None else value if isinstance(value, str) else _plain(float(value), feature)


def _plain(value: float, feature: Feature) -> str:
    return str(round(value)) if feature.unit in WHOLE else f"{value:.6g}"


def _step(span: float) -> float:
    """A step of which a slider has about a thousand."""
    return next(s for s in (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0, 1e9) if span / s <= 2000)


def _unit(feature: Feature) -> str:
    if feature.unit == "money":
        return feature.symbol
    return UNITS.get(feature.unit, "")


def _said(feature: Feature, value: float) -> str:
    return say_number(value, feature.unit, feature.symbol)


def values_of(parts: list[Field], segmentation: Segmentation) -> dict[str, Any]:
    """What the fields hold, as `explain` takes it; an empty field is not known. Raises SettingsError for no number."""
    categories = {p.feature.name for p in segmentation.recipe.levels}
    values: dict[str, Any] = {}
    for part in parts:
        if not part.value.strip():
            continue
        if part.name in categories:
            values[part.name] = part.value
            continue
        value = number(part.value)
        if value is None:
            raise SettingsError(f"“{part.label}” is not a number.", remedy=part.help)
        values[part.name] = value
    return values


ROUTES = [Route("/predict", predict)]
