"""The segments as rules that a person can apply, ready for the page: conditions, what they are worth, what to ask."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.explanations import segment_rules
from segmentry.explanations.rules import tree_worth
from segmentry.profiles.wording import lowered, say_number
from segmentry.segmentation import Segmentation


@dataclass(frozen=True)
class RuleRow:
    """One way into a segment."""

    segment: str
    conditions: str
    share: str
    agreement: str


@dataclass(frozen=True)
class Rules:
    """Rows and two sentences; no rows where the segmentation has no tree."""

    rows: tuple[RuleRow, ...] = ()
    worth: str = ""
    questions: str = ""


def rules_of(segmentation: Segmentation) -> Rules:
    """The tree's leaves in words, what the tree is worth, and the golden questions."""
    if segmentation.tree is None:
        return Rules()
    names = {s.id: s.name for s in segmentation.segments}
    rows = tuple(
        RuleRow(
            segment=names.get(rule.segment, rule.segment),
            conditions="; ".join(lowered(c) for c in rule.conditions),
            share=say_number(rule.share, "share"),
            agreement=say_number(rule.agreement, "share"),
        )
        for rule in segment_rules(segmentation)
    )
    worth = f"The rules are a tree of thresholds beside the model. {tree_worth(segmentation.tree)}"
    return Rules(rows, worth, _questions(segmentation))


def _questions(segmentation: Segmentation) -> str:
    if segmentation.questions is None:
        return ""
    labels = {f.name: lowered(f.label) for f in segmentation.recipe.clustered}
    chosen = segmentation.questions.fewest()
    return (
        f"To place a new customer, ask first for {', '.join(labels[n] for n in chosen.features)}: "
        f"{say_number(chosen.accuracy, 'share')} get the segment that all {len(labels)} features would give "
        f"(on {say_number(segmentation.questions.rows)} customers)."
    )
