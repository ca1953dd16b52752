"""Recency, frequency and spend as scores by quantile: thresholds are values of customers, so that ties stay together.

Which customers make a segment together is left to the grid (`clusters.rfm`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from segmentry.errors import NotEnoughDataError, Notice, SettingsError
from segmentry.features.customers import Customers, feature_values
from segmentry.features.feature import Bins, Feature, Theme
from segmentry.features.grid import features_of
from segmentry.features.recipe import LeftOut, Recipe, Scale, SourceColumn


@dataclass(frozen=True)
class _Axis:
    theme: Theme
    usual: str  # the feature that is meant where several have the theme
    falling: bool


_AXES: Mapping[str, _Axis] = {
    "recency": _Axis("recency", "recency_days", True),
    "frequency": _Axis("frequency", "purchases_total", False),
    "spend": _Axis("spend", "spend_total", False),
}
AXES = tuple(_AXES)


def score_name(axis: str) -> str:
    """The name of the feature that holds the score of an axis.

    >>> score_name("spend")
    'spend_score'
    """
    return f"{axis}_score"


def rfm_features(features: Sequence[Feature], wanted: Sequence[str], axes: Sequence[str]) -> dict[str, Feature]:
    """The feature that each axis scores: of those the user named, else of all, by what they mean.

    Raises SettingsError when an axis has none.
    """
    pool = [f for f in features if f.name in wanted] if wanted else list(features)
    found: dict[str, Feature] = {}
    for axis in axes:
        meant = _AXES[axis]
        fit = [f for f in pool if f.theme == meant.theme and f.operation not in ("category", "level", "flag")]
        fit.sort(key=lambda f: (f.name != meant.usual, f.operation == "ratio", f.name))
        if fit:
            found[axis] = fit[0]
    missing = [axis for axis in axes if axis not in found]
    if missing:
        raise SettingsError(
            f"An RFM grid needs the {' and the '.join(missing)} of each customer.",
            found=", ".join(f"{f.name} ({f.theme})" for f in pool) or "no feature",
            remedy="State roles in segmentry.toml (recency_days for days since the last purchase, purchases_total, "
            "spend_total), or pass --rfm-grid ten, which needs no spend.",
        )
    return found


def learn_bins(of: str, values: np.ndarray, count: int, *, falling: bool = False) -> Bins:
    """Thresholds between `count` scores, with as equally many customers each as ties allow; NaN is set aside.

    A threshold is the value at its share of the sorted values, never between two: whoever has it scores below it.
    Raises NotEnoughDataError when no value is known.

    >>> learn_bins("orders", np.array([1.0, 1.0, 1.0, 2.0, 9.0]), 5).thresholds
    (1.0, 1.0, 1.0, 2.0)
    """
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        raise NotEnoughDataError(f"'{of}' is missing for every customer.", remedy="An RFM grid cannot do without it.")
    if falling:
        known = known[::-1]
    return Bins(of, tuple(float(known[((len(known) - 1) * i) // count]) for i in range(1, count)), falling)


def scores_of(bins: Bins, values: np.ndarray) -> np.ndarray:
    """(n,) scores from 1, NaN where the value is missing.

    >>> scores_of(Bins("days", (90.0, 30.0), falling=True), np.array([100.0, 90.0, 45.0, 30.0, 1.0]))
    array([1., 1., 2., 2., 3.])
    """
    cuts, given = np.array(bins.thresholds), values
    if bins.falling:
        cuts, given = -cuts, -values
    score = 1.0 + np.searchsorted(cuts, given, side="left")
    return np.where(np.isnan(values), np.nan, score)


def learn_axis_bins(axis: str, values: np.ndarray, count: int) -> Bins:
    """The same for what an axis looks at; customers who bought lately score high in recency."""
    return learn_bins(axis, values, count, falling=_AXES[axis].falling)


def axis_values(customers: Customers, values: Mapping[str, np.ndarray], axes: Sequence[str]) -> dict[str, np.ndarray]:
    """Of the sampled values, those that each axis scores."""
    bases = rfm_features(customers.features, customers.wanted, axes)
    return {axis: values[base.name] for axis, base in bases.items()}


def with_scores(
    customers: Customers, axes: Sequence[str], count: int
) -> tuple[Customers, dict[str, np.ndarray], Recipe, tuple[Notice, ...]]:
    """The customers with a score for each axis, the sampled values with them, and the recipe that rests on the scores.

    On the grid a score is a whole standard deviation, so that the distance of two cells is in scores. A customer of
    whom something is missing has the lowest score there. Raises SettingsError when an axis has no feature.
    """
    values = feature_values(customers)
    bases = rfm_features(customers.features, customers.wanted, axes)
    scored = {
        axis: _scored(axis, base, learn_bins(base.name, values[base.name], count, falling=_AXES[axis].falling))
        for axis, base in bases.items()
    }
    features = tuple(sorted((*customers.features, *scored.values()), key=lambda f: f.name))
    extended = replace(
        customers,
        features=features,
        frame=features_of(customers.table.frame, features, customers.as_of),
    )
    found = feature_values(extended)
    scales = tuple(_scale(f, found[f.name], count) for f in sorted(scored.values(), key=lambda f: f.name))
    if all(s.minimum == s.maximum for s in scales):
        raise NotEnoughDataError(
            "All customers are alike in what the RFM grid looks at.", found=", ".join(b.name for b in bases.values())
        )
    names = {f.name for f in scored.values()}
    role_of = {r.column: r.role for r in customers.roles}
    sources = sorted({c for f in features for c in (*f.sources, *f.over)})
    recipe = Recipe(
        id_column=customers.id_column,
        as_of=customers.as_of,
        columns=tuple(SourceColumn(c, customers.table.column(c).reading, role_of[c]) for c in sources),
        scales=scales,
        levels=(),
        described=tuple(f for f in features if f.name not in names),
        left_out=tuple(
            LeftOut(f.name, "an RFM grid looks at recency, frequency and spend alone")
            for f in customers.features
            if f.name not in {b.name for b in bases.values()}
        ),
        n_sample=len(found[next(iter(names))]),
    )
    return extended, found, recipe, tuple(_tied(s, count) for s in scales if len(_bins(s).reachable) < count)


def _scored(axis: str, base: Feature, bins: Bins) -> Feature:
    name = score_name(axis)
    return replace(
        base, name=name, label=name.replace("_", " ").capitalize(), unit="score", theme="other", symbol="", bins=bins
    )


def _bins(scale: Scale) -> Bins:
    bins = scale.feature.bins
    assert bins is not None, "a score has thresholds"
    return bins


def _scale(feature: Feature, scores: np.ndarray, count: int) -> Scale:
    known = scores[~np.isnan(scores)]
    return Scale(
        feature=feature,
        fill=1.0,
        low=1.0,
        high=float(count),
        transform="none",
        centre=1.0,
        scale=1.0,
        minimum=float(known.min()),
        maximum=float(known.max()),
        n_missing=int(len(scores) - len(known)),
        n_capped=0,
        skewness=0.0,
    )


def _tied(scale: Scale, count: int) -> Notice:
    bins = _bins(scale)
    given = ", ".join(str(score) for score in bins.reachable)
    return Notice(
        "tied-scores",
        f"Many customers have the same '{bins.of}', and equal values get equal scores: of 1 to {count}, "
        f"'{scale.feature.name}' is only ever {given}. A grid of your own with fewer scores may suit them better.",
    )
