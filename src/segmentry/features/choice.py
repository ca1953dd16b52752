"""Which features the clustering uses: few, each saying something of its own, each with its reason.

The default is what a good analyst would take: age, income, spend, frequency, recency, engagement. What says the
same thing again (correlation above 0.9), never varies or is mostly missing is left out, and said so. So is a ratio
of what says the same thing again: it would bring that back as noise. Where nothing that customers do is left, most
having bought nothing, what the others bought is taken all the same. Where these are fewer than three, others join that
say most of the customers (`spare`), never a code or the like; at last the shares of what was spent on. Yes and no, and
categories, are taken where there is nothing else.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, field_validator

from segmentry.errors import Notice, SettingsError
from segmentry.features.derive import label, slug
from segmentry.features.feature import Feature, Theme
from segmentry.features.learning import learn_levels, learn_scale, prepared
from segmentry.features.recipe import LeftOut, Levels, Scale
from segmentry.features.roles import ColumnRole
from segmentry.features.spare import SAME_THING, in_order, no_amount
from segmentry.tables.stated import as_names
from segmentry.tables.table import Table

MOSTLY_MISSING = 0.4
MOSTLY_ONE = 0.5
ALL_BUT_FEW = 0.95
SHARES = {MOSTLY_ONE: "at least half", ALL_BUT_FEW: "95 % or more"}
SAYS_NOTHING = {"empty-feature": "missing for every customer", "constant-feature": "the same for every customer"}

# One feature is taken for each line, the first that is there and usable.
_WANTED: tuple[tuple[Theme, ...], ...] = (
    ("spend",),
    ("recency", "activity"),
    ("engagement", "visits", "rating"),
    ("frequency", "items"),
    ("income",),
    ("age",),
)
# Where none of what customers do is usable, what they bought all the same, though most of them bought nothing.
_BOUGHT: tuple[tuple[Theme, ...], ...] = (("spend",), ("frequency", "items"))
# Counted from a purchase log. In many shops most customers bought once, and the others are the ones to know.
# Without it, spend and order value would part customers by the number of their orders in a roundabout way.
_COUNTED = frozenset({"n_orders"})
# Taken, in this order, only when fewer than three of the six are there.
_SPARE: tuple[Theme, ...] = (
    "order_value", "rating", "visits", "tenure", "membership", "household", "children", "deals", "channel", "other",
    "spend_mix",
)  # fmt: skip
ENOUGH = 3


class FeatureSettings(BaseModel):
    """What a user may state about features and roles; everything left unsaid is worked out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[str, ...] = ()
    roles: Mapping[str, str] = {}
    purposes: Mapping[str, str] = {}  # sensitive column -> why it may be used

    @field_validator("features", mode="before")
    @classmethod
    def _listed(cls, features: object) -> object:
        return as_names(features, "features") if isinstance(features, str) else features


@dataclass(frozen=True)
class Choice:
    """The features to cluster on, with what was learned of them, and why the others were left out."""

    scales: tuple[Scale, ...]
    levels: tuple[Levels, ...]
    left_out: tuple[LeftOut, ...]
    notices: tuple[Notice, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(s.feature.name for s in self.scales) + tuple(part.feature.name for part in self.levels)


def choose_by_default(
    features: Sequence[Feature], values: Mapping[str, np.ndarray], sensitive: frozenset[str]
) -> Choice:
    """The small, self-explaining default set; see the module's own words for the rule."""
    taken: list[Scale] = []
    left: dict[str, str] = {}
    numeric = sorted((f for f in features if f.operation != "category"), key=lambda f: f.operation == "ratio")
    for themes in _WANTED:
        wanted = [f for theme in themes for f in numeric if f.theme == theme]
        most = ALL_BUT_FEW if any(f.name in _COUNTED for f in wanted) else MOSTLY_ONE
        _take_first(wanted, numeric, values, taken, left, most)
    if not {s.feature.theme for s in taken} - {"age", "income"}:
        for themes in _BOUGHT:
            _take_first([f for f in numeric if f.theme in themes], numeric, values, taken, left, ALL_BUT_FEW)
    for theme in _SPARE:
        if len(taken) < ENOUGH:
            _take_spare([f for f in numeric if f.theme == theme], numeric, values, taken, left)
    levels: list[Levels] = []
    if not taken:
        for flag in (f for f in numeric if f.unit == "flag" and f.theme != "leaving"):
            _take_first([flag], numeric, values, taken, left, ALL_BUT_FEW)
        categories = [f for f in features if f.operation == "category" and not sensitive & set(f.sources)]
        named = [f for f in categories if _in_words(values[f.name])]
        levels = [p for p in (learn_levels(f, values[f.name]) for f in named) if len(p.levels) > 1]
    chosen = {s.feature.name for s in taken} | {p.feature.name for p in levels}
    for feature in features:
        if feature.name not in chosen:
            left.setdefault(feature.name, _why_not(feature, sensitive))
    return Choice(
        tuple(sorted(taken, key=lambda s: s.feature.name)),
        tuple(levels),
        tuple(LeftOut(name, left[name]) for name in sorted(left)),
        (),
    )


def _in_words(values: np.ndarray) -> bool:
    """Whether the levels are texts: numbers that were read as such and only describe have none to compare with."""
    return all(isinstance(value, str) for value in values if value is not None)


def _take_first(
    wanted: Sequence[Feature],
    features: Sequence[Feature],
    values: Mapping[str, np.ndarray],
    taken: list[Scale],
    left: dict[str, str],
    most: float = MOSTLY_ONE,
) -> None:
    for feature in wanted:
        scale, reason = _usable(feature, features, values, taken, most)
        if scale is not None:
            taken.append(scale)
            left.pop(feature.name, None)
            return
        left[feature.name] = reason


def _take_spare(
    spare: Sequence[Feature],
    features: Sequence[Feature],
    values: Mapping[str, np.ndarray],
    taken: list[Scale],
    left: dict[str, str],
) -> None:
    """Of features of one theme, as many as are lacking; of the shares of spend all, since one alone says little."""
    amounts = [f for f in spare if f.name not in {s.feature.name for s in taken}]
    for feature in amounts:
        if reason := no_amount(feature, values[feature.name]):
            left[feature.name] = f"{reason}; add it with --features"
    waiting = [f for f in amounts if f.name not in left]
    if waiting and waiting[0].theme == "spend_mix":
        for feature in waiting:
            _take_first([feature], features, values, taken, left)
        return
    while waiting and len(taken) < ENOUGH:
        before = len(taken)
        for feature in in_order(waiting, values, [s.feature for s in taken]):
            waiting.remove(feature)
            _take_first([feature], features, values, taken, left)
            if len(taken) > before:
                break


def _usable(
    feature: Feature,
    features: Sequence[Feature],
    values: Mapping[str, np.ndarray],
    taken: Sequence[Scale],
    most: float = MOSTLY_ONE,
) -> tuple[Scale | None, str]:
    column = values[feature.name]
    missing = float(np.isnan(column).mean()) if len(column) else 1.0
    if missing > MOSTLY_MISSING:
        return None, f"missing for {100 * missing:.0f} % of customers"
    scale = learn_scale(feature, column)
    if scale.scale == 0:
        return None, "the same for every customer"
    if _commonest_share(column) >= most:
        # K-means would cut off the customers with another value and call that a segment.
        return None, f"the same for {SHARES[most]} of the customers"
    if double := _double_of(scale, values, taken):
        return None, f"{double}: it would count the same thing twice"
    for part in _parts(feature, features, taken):
        if double := _double_of(learn_scale(part, values[part.name]), values, taken):
            return None, f"made of {part.name}, which {double}: it would bring that back as noise"
    return scale, ""


def _parts(ratio: Feature, features: Sequence[Feature], taken: Sequence[Scale]) -> list[Feature]:
    """The features that a ratio divides or divides by, but for those that are taken; none for what is no ratio."""
    if ratio.operation != "ratio":
        return []
    own = {s.feature.name for s in taken}
    sums = [f for f in features if f.operation != "ratio" and f.name not in own]
    return [f for f in sums if f.sources in (ratio.sources, ratio.over)]


def _double_of(scale: Scale, values: Mapping[str, np.ndarray], taken: Sequence[Scale]) -> str:
    """Which of the taken features this one moves with, in words; nothing where there is none."""
    for other in taken:
        r = correlation(scale, values[scale.feature.name], other, values[other.feature.name])
        if abs(r) > SAME_THING:
            return f"moves with {other.feature.name} (correlation {r:.2f})"
    return ""


def _commonest_share(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.unique(known, return_counts=True)[1].max()) / len(known)


def correlation(a: Scale, a_values: np.ndarray, b: Scale, b_values: np.ndarray) -> float:
    """Pearson correlation of two prepared features on the sample."""
    x, y = prepared(a, a_values), prepared(b, b_values)
    x, y = x - x.mean(), y - y.mean()
    # Not as products of vectors: the library of those adds in an order that depends on its threads.
    spread = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / spread if spread else 0.0


def _why_not(feature: Feature, sensitive: frozenset[str]) -> str:
    if sensitive & set(feature.sources):
        return "sensitive: described in the profile, never clustered on without a stated purpose"
    if feature.operation == "category":
        return "a category: described in the profile; add it with --features"
    if feature.theme == "leaving":
        return "who has left: what came of customers is described in the profile, not clustered on"
    if feature.theme in ("spend_mix", "channel", "order_value", "deals", "visits") and feature.operation == "ratio":
        return f"derived from columns that are in the choice or beside it ({feature.formula}); add it with --features"
    return "not among age, income, spend, frequency, recency, engagement; add it with --features"


def choose_by_name(
    wanted: Sequence[str], features: Sequence[Feature], values: Mapping[str, np.ndarray], sensitive: frozenset[str]
) -> Choice:
    """The features that the user named (already resolved), all of them, with a notice on doubles."""
    by_name = {f.name: f for f in features}
    scales: list[Scale] = []
    levels: list[Levels] = []
    notices: list[Notice] = []
    left: dict[str, str] = {}
    for name in dict.fromkeys(wanted):
        feature = by_name[name]
        code = _says_nothing(feature, values[name])
        if code:
            left[name] = SAYS_NOTHING[code]
            notices.append(Notice(code, f"'{name}' is {left[name]}; it is left out."))
            continue
        if feature.operation == "category":
            levels.append(learn_levels(feature, values[name]))
            continue
        scale = learn_scale(feature, values[name])
        for other in scales:
            r = correlation(scale, values[name], other, values[other.feature.name])
            if abs(r) > SAME_THING:
                notices.append(
                    Notice(
                        "counted-twice",
                        f"'{name}' and '{other.feature.name}' move together (correlation {r:.2f}): "
                        "what they say counts twice. Leave one out of --features to avoid it.",
                    )
                )
        scales.append(scale)
    chosen = {s.feature.name for s in scales} | {p.feature.name for p in levels}
    for feature in features:
        if feature.name not in chosen:
            sensitive_one = bool(sensitive & set(feature.sources))
            left.setdefault(feature.name, _why_not(feature, sensitive) if sensitive_one else "not in --features")
    return Choice(
        tuple(sorted(scales, key=lambda s: s.feature.name)),
        tuple(sorted(levels, key=lambda p: p.feature.name)),
        tuple(LeftOut(name, left[name]) for name in sorted(left)),
        tuple(notices),
    )


def _says_nothing(feature: Feature, values: np.ndarray) -> str:
    """The code of the reason why a feature tells no customer from another; "" where it does."""
    if feature.operation == "category":
        known = {value for value in values if value is not None}
        constant = len(known) == 1 and None not in values
    else:
        known = set(values[~np.isnan(values)][:1])
        constant = bool(known) and learn_scale(feature, values).scale == 0
    return "empty-feature" if not known else "constant-feature" if constant else ""


def resolve(
    wanted: Sequence[str],
    features: Sequence[Feature],
    table: Table,
    roles: Sequence[ColumnRole],
    settings: FeatureSettings,
) -> tuple[tuple[str, ...], tuple[Feature, ...]]:
    """Names as the user wrote them -> feature names, and the features with any that had to be made for a bare column.

    A derived feature's name wins over a column's. Raises SettingsError for a name that is neither, for an id,
    and for a personal or sensitive column without a stated purpose.
    """
    made = {f.name: f for f in features}
    role_of = {r.column: r.role for r in roles}
    names: list[str] = []
    for name in wanted:
        if name not in made:
            column = _column_called(name, table, made)
            # The column itself under another name; a ratio of it to something else is not what was asked for.
            existing = next(
                (f for f in made.values() if f.sources == (column,) and not f.over and f.operation != "days_since"),
                None,
            )
            feature = existing or _bare(column, table, role_of[column])
            made[feature.name] = feature
            name = feature.name
        [*_, source] = made[name].sources
        if made[name].operation == "category" and table.column(source).reading.kind != "text":
            made[name] = _bare(source, table, role_of[source])  # of two numbers, say: as far apart as numbers are
        _refuse_private(made[name], role_of, settings)
        names.append(name)
    return tuple(names), tuple(made[name] for name in sorted(made))


def _column_called(name: str, table: Table, made: Mapping[str, Feature]) -> str:
    exact = [c for c in table.names if c == name] or [c for c in table.names if c.casefold() == name.strip().casefold()]
    if exact:
        return exact[0]
    known = sorted({*made, *table.names})
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    raise SettingsError(
        f"There is no feature or column '{name}'.",
        found=", ".join(known),
        remedy=f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else "Use one of those in --features.",
    )


def _bare(column: str, table: Table, role: str) -> Feature:
    if role == "id":
        raise SettingsError(f"'{column}' is the customer id; an id cannot be a feature.", remedy="Leave it out.")
    kind = table.column(column).reading.kind
    if kind == "text":
        return Feature(slug(column), label(slug(column)), "category", "category", "category", (column,))
    if kind == "date":
        return Feature(slug(column), label(slug(column)), "days", "other", "days_since", (column,))
    return Feature(slug(column), label(slug(column)), "number", "other", "column", (column,))


def _refuse_private(feature: Feature, role_of: Mapping[str, str], settings: FeatureSettings) -> None:
    for column in (*feature.sources, *feature.over):
        role = role_of.get(column, "")
        if role == "personal":
            raise SettingsError(
                f"'{column}' is personal data and is kept out of features.",
                remedy=f'If it is not, state its role in segmentry.toml: [roles] "{column}" = "category"',
            )
        if role == "sensitive" and column not in settings.purposes:
            raise SettingsError(
                f"'{column}' is a sensitive attribute and needs a stated purpose to be clustered on.",
                remedy=f'State it in segmentry.toml: [purposes] "{column}" = "why it is needed"',
            )
