"""The tree as text for a person and as SQL for a database; both place every customer exactly as the tree does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentry.errors import NotEnoughDataError
from segmentry.features.feature import Feature
from segmentry.features.levels import step_names
from segmentry.profiles.wording import say_exactly, say_number
from segmentry.prototypes.tree import ThresholdTree, TreeNode
from segmentry.scoring.dialects import Dialect
from segmentry.scoring.sql import features_to_sql
from segmentry.segmentation import Segmentation


@dataclass(frozen=True)
class SegmentRule:
    """One way to be in a segment: conditions that all hold, the share of customers there, how many are in it.

    Both shares are None where fewer than ten customers, or the rest to ten, would follow from them.
    """

    segment: str
    conditions: tuple[str, ...]
    share: float | None
    agreement: float | None


def tree_of(segmentation: Segmentation) -> ThresholdTree:
    """The tree of a segmentation. Raises NotEnoughDataError when it has none."""
    if segmentation.tree is None:
        raise NotEnoughDataError(
            "This segmentation has no tree.",
            found="one segment, or a model of an earlier version",
            remedy="Fit again with two segments or more.",
        )
    return segmentation.tree


def segment_rules(segmentation: Segmentation) -> tuple[SegmentRule, ...]:
    """Each leaf of the tree as conditions in words, by segment, those with most customers first.

    Raises NotEnoughDataError when the segmentation has no tree.
    """
    tree, features = tree_of(segmentation), {f.name: f for f in segmentation.recipe.clustered}
    found: list[SegmentRule] = []

    def walk(place: int, path: tuple[tuple[TreeNode, bool], ...]) -> None:
        node = tree.nodes[place]
        if not node.feature:
            found.append(SegmentRule(node.segment, _conditions(path, features), node.share, node.agreement))
            return
        walk(node.yes, (*path, (node, True)))
        walk(node.no, (*path, (node, False)))

    walk(0, ())
    order = {s.id: place for place, s in enumerate(segmentation.segments)}
    return tuple(sorted(found, key=lambda rule: (order.get(rule.segment, len(order)), -(rule.share or 0.0))))


def _conditions(path: Sequence[tuple[TreeNode, bool]], features: dict[str, Feature]) -> tuple[str, ...]:
    """One condition a feature: the tightest bounds on the way."""
    bounds: dict[str, list[float | None]] = {}
    words: list[str] = []
    for node, yes in path:
        if node.threshold is None:
            words.append(f"{features[node.feature].label} is {'' if yes else 'not '}{node.level}")
            continue
        bound = bounds.setdefault(node.feature, [None, None])
        side = 1 if yes else 0
        known = bound[side]
        tighter = min if yes else max
        bound[side] = node.threshold if known is None else tighter(known, node.threshold)
    return (*(_bounded(features[name], low, high) for name, (low, high) in bounds.items()), *words)


def _bounded(feature: Feature, low: float | None, high: float | None) -> str:
    between = _levels(feature, low, high)
    if between:
        return f"{feature.label} is {between}"
    if low is not None and high is not None:
        return f"{feature.label} above {_exactly(low, feature)} and at most {_exactly(high, feature)}"
    if low is not None:
        return f"{feature.label} above {_exactly(low, feature)}"
    return f"{feature.label} at most {_exactly(high or 0.0, feature)}"


def _levels(feature: Feature, low: float | None, high: float | None) -> str:
    """The levels of a scale above one place and up to another, by name; "" for what is no scale."""
    if feature.operation != "level":
        return ""
    names = step_names(feature.levels)
    first = 0 if low is None else math.floor(low) + 1
    last = len(names) - 1 if high is None else math.floor(high)
    *others, end = names[max(first, 0) : last + 1] or ("",)
    return f"{', '.join(others)} or {end}" if others else end


def _exactly(value: float, feature: Feature) -> str:
    """All its digits: whoever applies the rule must get the same answer."""
    return say_exactly(value, feature.unit, feature.symbol)


def tree_text(segmentation: Segmentation) -> str:
    """The tree as questions to follow from the top, with what it is worth.

    Raises NotEnoughDataError when the segmentation has no tree.
    """
    tree, features = tree_of(segmentation), {f.name: f for f in segmentation.recipe.clustered}
    names = {s.id: s.name for s in segmentation.segments}
    lines: list[str] = []

    def walk(place: int, depth: int) -> None:
        node, indent = tree.nodes[place], "    " * depth
        if not node.feature:
            known = "" if node.agreement is None else f" ({say_number(node.agreement, 'share')} are)"
            lines.append(f"{indent}-> {node.segment} {names[node.segment]}{known}")
            return
        feature = features[node.feature]
        if node.threshold is not None:
            usual = " (or not known)" if (node.fill or 0.0) <= node.threshold else ""
            lines.append(f"{indent}{_bounded(feature, None, node.threshold)}{usual}?")
        else:
            lines.append(f"{indent}{feature.label} is {node.level}?")
        lines.append(f"{indent}  yes:")
        walk(node.yes, depth + 1)
        lines.append(f"{indent}  no:")
        walk(node.no, depth + 1)

    walk(0, 0)
    return "\n".join(lines) + "\n\n" + tree_worth(tree) + "\n"


def tree_worth(tree: ThresholdTree) -> str:
    """Fidelity and price in a sentence, with what each was computed on."""
    return (
        f"It places {say_number(tree.fidelity, 'share')} of {tree.fidelity_rows:,} customers as the model does, "
        f"and costs {tree.price:.2f} times its distances (1 is as good; on {tree.price_rows:,} customers)."
    )


def tree_to_sql(segmentation: Segmentation, *, dialect: str = "duckdb", table: str = "customers") -> str:
    """A SELECT that gives the id (when the model has one) and `segment_id` of every row of `table`, by the tree.

    Raises SettingsError for a dialect that is not known, NotEnoughDataError when the segmentation has no tree.
    """
    tree = tree_of(segmentation)

    def answer(d: Dialect, names: Mapping[str, str]) -> str:
        return _case(tree, d, names, 0, 3)

    worth = f"-- A tree of thresholds beside the model. {tree_worth(tree)}\n"
    return worth + features_to_sql(segmentation, answer, dialect=dialect, table=table)


def _case(tree: ThresholdTree, d: Dialect, names: Mapping[str, str], place: int, depth: int) -> str:
    node, indent = tree.nodes[place], "  " * depth
    if not node.feature:
        return d.text(node.segment)
    column = names[node.feature]
    if node.threshold is not None:
        asked = f"COALESCE({column}, {d.number(node.fill or 0.0)}) <= {d.number(node.threshold)}"
    else:
        asked = f"COALESCE({column}, '') = {d.text(node.level or '')}"
    yes, no = (_case(tree, d, names, at, depth + 1) for at in (node.yes, node.no))
    return f"CASE WHEN {asked}\n{indent}  THEN {yes}\n{indent}  ELSE {no}\n{indent}END"
