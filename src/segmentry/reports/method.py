"""How the segments came about, in rows of text: features, candidates, rule, where everything comes from."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.errors import plural
from segmentry.features.recipe import Recipe, Scale, two_figures
from segmentry.plots.criteria import say_fraction
from segmentry.profiles.wording import say_level, say_number
from segmentry.segmentation import Segmentation


@dataclass(frozen=True)
class FeatureRow:
    """One feature that the segments rest on, as the recipe prepares it."""

    label: str
    formula: str
    range: str
    transform: str
    caps: str
    missing: str


@dataclass(frozen=True)
class CandidateRow:
    """One grouping that was tried."""

    k: int
    method: str
    inertia: str
    silhouette: str
    calinski_harabasz: str
    davies_bouldin: str
    beyond: str
    gap: str
    prediction_strength: str
    stability: str
    smallest: str
    chosen: bool
    knee: bool


@dataclass(frozen=True)
class MethodFacts:
    """Sentences on the search, the polishing and the rule."""

    search: str
    polish: str
    rule: str


def feature_rows(recipe: Recipe) -> tuple[FeatureRow, ...]:
    """A row for each numeric feature, then for each category."""
    rows = [_scale_row(scale) for scale in recipe.scales]
    for part in recipe.levels:
        f = part.feature
        missing = f"{say_number(part.n_missing)}, a level of none" if part.n_missing else "none"
        levels = ", ".join(part.levels)
        rows.append(FeatureRow(f.label, f.formula, levels, "one axis a level", "–", missing))
    return tuple(rows)


def _scale_row(scale: Scale) -> FeatureRow:
    f = scale.feature

    def say(value: float | None) -> str:
        return say_level(value, f.levels) if f.operation == "level" else say_number(value, f.unit, f.symbol)

    # Below nothing where nothing is below 0 is a limit that no value reaches.
    reached = scale.low is not None and (scale.low > 0 or scale.minimum < 0)
    ends = [f"below {say(scale.low)}" if reached else ""]
    ends.append(f"above {say(scale.high)}" if scale.high is not None else "")
    caps = "" if f.bins is not None else " and ".join(end for end in ends if end)
    return FeatureRow(
        label=f.label,
        formula=f.formula,
        range=f"about {say(two_figures(scale.minimum))} to {say(two_figures(scale.maximum))}",
        transform=_prepared(scale),
        caps=f"{caps} ({plural(scale.n_capped, 'customer')})" if caps else "none",
        missing=f"{say_number(scale.n_missing)}, {_filled(scale)} {say(scale.fill)}" if scale.n_missing else "none",
    )


def _prepared(scale: Scale) -> str:
    if scale.feature.bins is not None:
        return "a step a score"
    return "log(1 + x), then standardised" if scale.transform == "log1p" else "standardised"


def _filled(scale: Scale) -> str:
    return "given the lowest score" if scale.feature.bins is not None else "filled with the median"


def candidate_rows(segmentation: Segmentation) -> tuple[CandidateRow, ...]:
    """Everything that was tried, with the chosen one and the elbow marked."""
    own = segmentation.method
    return tuple(
        CandidateRow(
            k=c.k,
            method=c.method,
            inertia=say_number(c.inertia),
            silhouette=say_fraction(c.silhouette),
            calinski_harabasz=say_number(c.calinski_harabasz),
            davies_bouldin=say_fraction(c.davies_bouldin),
            beyond=say_fraction(c.silhouette_beyond_chance),
            gap=say_fraction(c.gap),
            prediction_strength=say_fraction(c.prediction_strength),
            stability=say_fraction(c.stability),
            smallest=say_number(min(c.sizes)) if c.sizes else "–",
            chosen=c.k == segmentation.k and c.method == own,
            knee=c.k == segmentation.knee and c.method == own,
        )
        for c in segmentation.candidates
    )


def method_facts(segmentation: Segmentation) -> MethodFacts:
    """The search, the polishing and the rule in sentences."""
    recipe, n = segmentation.recipe, segmentation.provenance.n_customers
    whole = recipe.n_sample >= n
    rows = f"all {say_number(n)} customers" if whole else f"a sample of {say_number(recipe.n_sample)} customers"
    rule = _rule_in_words(segmentation)
    return MethodFacts(
        search=f"{_ran(segmentation)} {rows}. {segmentation.reason}",
        polish=(
            f"{_finished(segmentation, n)} "
            f"The squared distances to the centres that remain sum to {say_number(segmentation.inertia)}"
            + (f", {segmentation.inertia / n:.2f} a customer." if n else ".")
        ),
        rule=rule,
    )


def _ran(segmentation: Segmentation) -> str:
    if segmentation.method == "rfm":
        return "Scores are quantiles of"
    return f"{segmentation.method} was run on"


def _finished(segmentation: Segmentation, n: int) -> str:
    own = segmentation.own_answer
    if segmentation.method == "rfm":
        return f"All {say_number(n)} customers were then counted by it."
    if own is None:
        return f"The segments were then refined on all {say_number(n)} customers: {segmentation.polish}."
    if own.moved is None:
        return f"It found no groups among the {say_number(own.rows)} customers it saw."
    sizes = ", ".join(f"{segment} {say_number(size)}" for segment, size in own.sizes.items())
    noise = f", {say_number(own.noise)} in none" if own.noise else ""
    return (
        f"Of the {say_number(own.rows)} customers it saw, its own answer was {sizes}{noise}; the rule that then placed "
        f"all {say_number(n)} customers puts {say_number(own.moved, 'share')} of those elsewhere."
    )


def _rule_in_words(segmentation: Segmentation) -> str:
    recipe, rule = segmentation.recipe, segmentation.rule
    axes = f"{len(recipe.axes)} prepared {'axis' if len(recipe.axes) == 1 else 'axes'}"
    if rule.pairs:
        text = f"A customer belongs to the segment whose Gaussian gives the highest density, over {axes}."
    else:
        points = f"{len(rule.owners)} typical points"
        if len(rule.owners) == len(segmentation.segments):
            points = "one typical point a segment"
        text = f"A customer belongs to the segment whose typical point is nearest, over {axes} ({points})."
    text += " The same rule places new customers, so that scoring never disagrees with this report."
    if rule.cutoff is not None:
        text += " Customers farther away than a set distance from every point belong to no segment."
    return text


def provenance_rows(segmentation: Segmentation) -> tuple[tuple[str, str], ...]:
    """Where the segmentation comes from, as pairs of a name and a value."""
    p, as_of = segmentation.provenance, segmentation.recipe.as_of
    rows = [
        ("As-of date", as_of.isoformat() if as_of else "none: no feature depends on a date"),
        ("Customers", say_number(p.n_customers)),
        ("Customers without data", say_number(p.n_no_data)),
        ("Seed", str(p.seed)),
        ("Fingerprint of the data", p.fingerprint),
    ]
    rows += [(f"Setting: {name}", _setting(value)) for name, value in p.settings.items()]
    rows += [(f"Version: {name}", version) for name, version in p.versions.items()]
    return tuple(rows)


def _setting(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_setting(v) for v in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_setting(v)}" for k, v in value.items()) or "none"
    return str(value)
