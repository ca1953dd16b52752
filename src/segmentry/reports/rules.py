"""The segments as rules that a person can apply, ready for the page: conditions, what they are worth, what to ask."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.errors import listed
from segmentry.explanations import segment_rules
from segmentry.profiles.wording import lowered, say_number
from segmentry.prototypes.tree import ThresholdTree
from segmentry.segmentation import Segmentation
from segmentry.tables.masking import FEWEST_TOLD

WITHHELD = f"A dash stands where fewer than {FEWEST_TOLD} customers would be told of, by themselves or by subtraction."


@dataclass(frozen=True)
class RuleRow:
    """One way into a segment."""

    segment: str
    conditions: str
    share: str
    agreement: str
    told: bool  # whether there are enough customers to tell of


@dataclass(frozen=True)
class Rules:
    """Rows and sentences; no rows where the segmentation has no tree."""

    rows: tuple[RuleRow, ...] = ()
    worth: str = ""
    questions: str = ""
    tested: str = ""  # how it was measured, for those who ask
    withheld: str = ""  # what a dash means, where there is one


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
            told=rule.share is not None,
        )
        for rule in segment_rules(segmentation)
    )
    withheld = "" if all(row.told for row in rows) else WITHHELD
    return Rules(rows, _worth(segmentation.tree), _questions(segmentation), _tested(segmentation.tree), withheld)


def _worth(tree: ThresholdTree) -> str:
    known = "The segments in short, to talk about and to remember."
    if tree.fidelity == 1:
        return f"{known} For every customer these rules give the same segment as the model does."
    agreed = "more than 99 %" if tree.fidelity >= 0.995 else say_number(tree.fidelity, "share")
    return (
        f"{known} For {agreed} of customers these rules give the same segment as the model does; where the two "
        "differ, the model is right."
    )


def _tested(tree: ThresholdTree) -> str:
    return (
        f"The rules are a tree of thresholds. Its segments were compared with the model's for "
        f"{say_number(tree.fidelity_rows)} customers. Squared distances of customers to the middle of their segment "
        f"are {tree.price:.2f} times as large by the rules as by the model (1 would be as good), on "
        f"{say_number(tree.price_rows)} customers."
    )


def _questions(segmentation: Segmentation) -> str:
    if segmentation.questions is None:
        return ""
    labels = {f.name: lowered(f.label) for f in segmentation.recipe.clustered}
    chosen = segmentation.questions.fewest()
    if len(chosen.features) == len(labels):
        return ""
    asked = listed(labels[n] for n in chosen.features)
    return (
        f"If you can ask a new customer for a few things only, ask for "
        f"{asked}: {say_number(chosen.accuracy, 'share')} of customers get the "
        f"same segment from {'it' if len(chosen.features) == 1 else 'these'} as from all {len(labels)} features."
    )
