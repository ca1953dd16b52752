"""What explains the segments: the tree, the golden questions, and who stands between which segments, over all rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw

from segmentry.explanations import find_questions, grow_tree
from segmentry.features.recipe import Recipe
from segmentry.fitting.prepared import Prepared
from segmentry.fitting.profiled import Profiled
from segmentry.profiles.evidence import BORDER, Evidence, Switch
from segmentry.profiles.questions import GoldenQuestions
from segmentry.prototypes.assign import CONFIDENCE, NO_DATA, PLACE, RUNNER_UP_PLACE, answers_of, segment_of
from segmentry.prototypes.everyone import Placing
from segmentry.prototypes.rule import Rule
from segmentry.prototypes.tree import TREE, ThresholdTree, tree_expression
from segmentry.quality.evidence import effects, gorge
from segmentry.tables import collect_rows

STEPS = 1_000_000  # confidence is added up in millionths: whole numbers have the same sum in any order


def explain_segments(
    prepared: Prepared, profiled: Profiled, placing: Placing
) -> tuple[Evidence | None, ThresholdTree | None, GoldenQuestions | None]:
    """Evidence, tree and questions; none for a single segment."""
    recipe, grid = prepared.recipe, prepared.grid
    rule, profile, segments = profiled.rule, profiled.profile, profiled.segments
    if len(segments) < 2:
        return None, None, None
    tree = grow_tree(recipe, grid, segment_of(rule, grid), prepared.values)
    switches, fidelity, n = _between(placing(prepared.customers.frame), rule, tree)
    if tree is not None:
        tree = replace(tree, fidelity=fidelity, fidelity_rows=n)
    evidence = Evidence(
        effects=effects(profile, {s.id: s.size for s in segments}, _shaped(recipe)),
        switches=switches,
        gorge=gorge(rule, grid, [s.id for s in segments]),
        customers=n,
        spread_rows=profile.quantiles_from,
        gorge_rows=len(grid),
    )
    return evidence, tree, find_questions(recipe, rule, grid)


def _shaped(recipe: Recipe) -> frozenset[str]:
    """Features that were not clustered on and are made of a column that was."""
    used = recipe.needed
    return frozenset(f.name for f in recipe.described if used & {*f.sources, *f.over})


def _between(
    placed: nw.LazyFrame[Any], rule: Rule, tree: ThresholdTree | None
) -> tuple[tuple[Switch, ...], float, int]:
    """In one query over all customers: runners-up with confidence, and how often the tree agrees."""
    answers = answers_of(rule)
    same = (tree_expression(tree, answers.index) == nw.col(PLACE)) if tree is not None else nw.lit(False)
    figures = placed.select(
        PLACE,
        RUNNER_UP_PLACE,
        nw.when(same).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias(TREE),
        (nw.col(CONFIDENCE).fill_null(0.0) * STEPS).floor().cast(nw.Int64).alias("steps"),
        nw.when(nw.col(CONFIDENCE) < BORDER).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias("border"),
    )
    grouped = figures.group_by(PLACE, RUNNER_UP_PLACE).agg(
        nw.len().alias("n"), nw.col(TREE).sum(), nw.col("steps").sum(), nw.col("border").sum()
    )
    rows = [r for r in collect_rows(grouped) if answers[int(r[PLACE])] != NO_DATA]
    n = sum(int(r["n"]) for r in rows)
    switches = [
        Switch(
            segment=answers[int(r[PLACE])],
            runner_up=answers[int(r[RUNNER_UP_PLACE])],
            n=int(r["n"]),
            confidence=int(r["steps"]) / int(r["n"]) / STEPS,
            border=int(r["border"]),
        )
        for r in rows
        if r[RUNNER_UP_PLACE] is not None
    ]
    ordered = sorted(switches, key=lambda s: (len(s.segment), s.segment, -s.n, s.runner_up))
    return tuple(ordered), sum(int(r[TREE]) for r in rows) / n if n else 0.0, n
