"""Whether the parts of a loaded segmentation fit each other, beyond each field being of its type."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from segmentry.baskets import Baskets, OverTime
from segmentry.baskets.results import EVERYONE
from segmentry.features.feature import DATE_OPERATIONS, Bins, Feature
from segmentry.features.recipe import Recipe, axis_reach
from segmentry.profiles.baseline import Baseline
from segmentry.profiles.profile import Profile
from segmentry.profiles.succession import Succession
from segmentry.prototypes.rule import EXACT, Rule, largest_score
from segmentry.segmentation import Segmentation


def contradiction(segmentation: Segmentation) -> str:
    """What does not fit, in a clause; "" for a sound segmentation."""
    ids = [s.id for s in segmentation.segments]
    names = [s.name for s in segmentation.segments]
    if len(set(ids)) < len(ids) or len(set(names)) < len(names):
        return "two segments have the same id or name"
    if set(segmentation.rule.owners) != set(ids):
        return "its rule leads to other segments than it has"
    return (
        _in_rule(segmentation.rule, segmentation.recipe)
        or _in_recipe(segmentation.recipe)
        or _in_profile(segmentation.profile, frozenset(ids))
        or _in_orders(segmentation.baskets, segmentation.over_time, frozenset(ids))
        or _in_baselines(segmentation.baselines, segmentation.recipe)
        or _in_succession(segmentation.succession, ids)
    )


def _in_rule(rule: Rule, recipe: Recipe) -> str:
    if not rule.axes or rule.axes != recipe.axes:
        return "its rule does not fit its recipe"
    if not len(rule.offsets) == len(rule.weights) == len(rule.owners) > 0:
        return "its rule lacks a part of a prototype"
    if any(len(weights) != len(rule.axes) for weights in rule.weights):
        return "its rule lacks a weight"
    if len(list(groupby(rule.owners))) > len(rule.segments):
        return "its rule has the prototypes of a segment apart from each other"
    n = len(rule.axes)
    if any(not 0 <= a <= b < n for a, b in rule.pairs) or len(set(rule.pairs)) < len(rule.pairs):
        return "its rule pairs axes that it does not have"
    if len(rule.pair_weights) != (len(rule.offsets) if rule.pairs else 0):
        return "its rule lacks the weights of pairs"
    if any(len(weights) != len(rule.pairs) for weights in rule.pair_weights):
        return "its rule lacks the weight of a pair"
    if rule.scale < 1:
        return "its rule has no scale"
    if largest_score(rule, axis_reach(recipe)) >= EXACT or abs(rule.cutoff or 0) >= EXACT:
        return "its rule has numbers beyond exact arithmetic"
    return ""


def _in_recipe(recipe: Recipe) -> str:
    if any(s.scale <= 0 for s in recipe.scales):
        return "a feature's scale is not positive"
    if any(s.low is not None and s.high is not None and s.low > s.high for s in recipe.scales):
        return "a feature's caps are the wrong way round"
    for feature in (*recipe.clustered, *recipe.described):
        if not _can_be_derived(feature, recipe):
            return f"feature '{feature.name}' cannot be derived"
    columns = {c.name for c in recipe.columns}
    needed = recipe.needed
    return "" if needed <= columns else "it does not say how its columns are read"


def _can_be_derived(feature: Feature, recipe: Recipe) -> bool:
    if not feature.sources or (feature.operation == "ratio" and not feature.over):
        return False
    if feature.operation in ("flag", "level") and not feature.levels:
        return False
    if feature.bins is not None and not _in_order(feature.bins):
        return False
    return not (feature.operation in DATE_OPERATIONS and recipe.as_of is None)


def _in_order(bins: Bins) -> bool:
    found = list(bins.thresholds)
    return len(found) > 0 and found == sorted(found, reverse=bins.falling)


def _in_profile(profile: Profile, ids: frozenset[str]) -> str:
    cells = [set(m.segments) for m in profile.measures]
    cells += [set(level.segments) for c in profile.categories for level in c.levels]
    if any(keys != ids for keys in cells):
        return "its profile describes other segments than it has"
    if profile.spend is not None and profile.spend not in {m.name for m in profile.measures}:
        return "its profile has no measure of spend"
    return ""


def _in_orders(baskets: Baskets | None, over_time: OverTime | None, ids: frozenset[str]) -> str:
    told: set[str] = set()
    if baskets is not None:
        told |= {i.segment for i in baskets.items} | {n.segment for n in baskets.following}
        told |= {r.segment for r in baskets.recommendations}
    if over_time is not None:
        told |= {p.segment for p in over_time.by_segment}
    if not told <= ids | {EVERYONE}:
        return "its orders are of other segments than it has"
    return "" if over_time is None else _in_periods(over_time)


def _in_baselines(baselines: Sequence[Baseline], recipe: Recipe) -> str:
    if baselines and [b.feature for b in baselines] != [f.name for f in recipe.clustered]:
        return "it was not compared by the features that it rests on"
    if any(len(b.shares) != len(b.levels or b.edges) + 1 for b in baselines):
        return "how a feature was spread lacks a share"
    return ""


def _in_succession(succession: Succession | None, ids: Sequence[str]) -> str:
    if succession is None:
        return ""
    if sorted((*(k.id for k in succession.kept), *succession.new)) != sorted(ids):
        return "it follows other segments than it has"
    if len(set(succession.ids_used)) < len(succession.ids_used):
        return "a segment has the id of one that is gone"
    return ""


def _in_periods(over_time: OverTime) -> str:
    named = {int(p) for p in over_time.labels if p.isdigit()}
    used = {p.period for p in over_time.periods} | {p.period for p in over_time.by_segment}
    used |= {c.cohort for c in over_time.cells}
    if not used <= named or any(n <= 0 for n in over_time.sizes.values()):
        return "its cohorts do not fit its periods"
    return ""
