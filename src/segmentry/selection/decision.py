"""Decides on the number of segments and on what they are, and says why: for k-means, other methods, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from segmentry.clusters.grouping import Grouping, Layout, Method
from segmentry.clusters.kmeans import Clustering
from segmentry.clusters.names import METHODS
from segmentry.features.sample import evenly_spaced
from segmentry.quality.resampled import Resampled
from segmentry.quality.stability import interval, pair_agreement
from segmentry.segmentation import Candidate
from segmentry.selection.criteria import CriteriaByK
from segmentry.selection.others import own_number, own_verdict
from segmentry.selection.refits import PAIRS, ROWS, refitted
from segmentry.selection.verdict import NEEDED, choice, fewer, of_one, points, speaking, weigh
from segmentry.selection.words import (
    again_words,
    asked_for_words,
    basis_of,
    of_tried,
    reason_words,
    stated_words,
    stretched_words,
    untold_words,
    verdict_words,
)

TOGETHER = "All customers are kept together as one."


@dataclass(frozen=True)
class Decision:
    """The number taken, the verdict in a word and in full, and why that number: plainly first, then in figures."""

    k: int
    verdict: str
    words: str
    reason: str


def decide_table(candidate: Candidate) -> Decision:
    """For segments that a table states: nothing was searched, and no draw of customers could change them."""
    name = METHODS[candidate.method]
    why = f"{name[:1].upper()}{name[1:]} is a table made beforehand: nothing was searched."
    return Decision(candidate.k, "constructive", stated_words(candidate.k), why)


def decide(candidates: Sequence[Candidate], evidence: CriteriaByK | None, asked: bool, n: int) -> Decision:
    """For k-means: the criteria are weighed, unless one number was asked for."""
    basis = basis_of(evidence, n)
    if asked:
        chosen = candidates[0]
        said = asked_for_words(*of_one(chosen.k, evidence), _again(evidence, chosen.k)) if evidence else ""
        words = verdict_words("constructive", chosen.k, basis, said)
        return Decision(chosen.k, "constructive", words, _asked_for(chosen))
    if evidence is None:
        open_to, of = choice(fewer(candidates), groups=True)
        k = max(open_to, key=lambda c: (c.silhouette or -1.0, -c.k)).k
        reason = f"{k} segments are the best separated, {of_tried(of)}; too few customers to weigh anything else."
        return Decision(k, "no groups", untold_words(k), reason)
    weighing = weigh(candidates, evidence)
    reason = reason_words(candidates, weighing)
    structured = points(weighing.for_groups) >= NEEDED
    stretched = stretched_words(evidence)
    again = _again(evidence, weighing.k)
    words = verdict_words(weighing.verdict, weighing.k, basis, again=again, structured=structured, stretched=stretched)
    return Decision(weighing.k, weighing.verdict, words, reason)


def _again(evidence: CriteriaByK, k: int) -> str:
    return again_words(evidence.stability.get(k, 0.0), evidence.draws)


def decide_other(
    method: Method,
    layout: Layout,
    grid: np.ndarray,
    candidates: tuple[Candidate, ...],
    clusterings: Sequence[Clustering | Grouping],
    evidence: CriteriaByK | None,
    asked: bool,
    seed: int,
) -> tuple[tuple[Candidate, ...], Decision, Resampled | None]:
    """For another method: also the candidates, that one with its stability which is taken, and its refits."""
    groups = evidence is not None and points(speaking(evidence)[0]) >= NEEDED
    if method.needs_k:
        k, why = own_number(candidates, groups, levels=bool(layout.categories))
    else:
        k, why = candidates[0].k, _found(method, clusterings[0])
    place = [c.k for c in candidates].index(k)
    if len(clusterings[place].sizes) < 2:
        return candidates, Decision(k, "no groups", TOGETHER, why), None
    rows = grid[evenly_spaced(len(grid), ROWS)]
    refits = refitted(method, layout, rows, k, seed, 2 * PAIRS)
    agreement = interval(pair_agreement(refits.labels)).mean
    candidates = (*candidates[:place], replace(candidates[place], stability=agreement), *candidates[place + 1 :])
    basis = f"{basis_of(evidence, len(grid))}; stability {agreement:.2f}, of {PAIRS} pairs of fits on {len(rows):,}"
    again = again_words(agreement, 2 * PAIRS)
    if method.needs_k and asked:
        said = asked_for_words(own_verdict(True, agreement), groups, again)
        words = verdict_words("constructive", k, basis, said)
        return candidates, Decision(k, "constructive", words, _asked_for(candidates[place])), refits
    verdict = own_verdict(groups, agreement)
    words = verdict_words(verdict, k, basis, again=again, structured=groups)
    return candidates, Decision(k, verdict, words, why), refits


def _found(method: Method, clustering: Clustering | Grouping) -> str:
    """Why there are as many as a method that finds their number itself found."""
    name = METHODS[method.name]
    if isinstance(clustering, Grouping) and clustering.changed is None:
        return f"{name} found no groups: no place is so much more crowded than those around it."
    noise = (clustering.labels < 0).mean()
    crowded = f"{name} found {len(clustering.sizes)} crowded places by itself"
    return f"{crowded}; {100 * noise:.0f} % of customers stand in none of them."


def _asked_for(chosen: Candidate) -> str:
    return f"{chosen.k} segments were asked for. Their silhouette is {chosen.silhouette or 0.0:.2f}."
