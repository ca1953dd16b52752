"""Weighs the criteria: are there groups, how many, and may they be called natural? The rule is stated here and in docs.

No criterion has a veto and none decides alone: groups are claimed when at least two kinds of evidence agree, and the
number is the one with the most weight over all criteria.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from segmentry.segmentation import Candidate
from segmentry.selection.criteria import ROWS, CriteriaByK
from segmentry.tables.masking import FEWEST_TOLD

Verdict = Literal["natural", "reproducible", "constructive", "no groups"]

CHANCE, HEAPS = "beyond chance", "several heaps in a column or direction"
MIXTURE, LIKELIHOOD = "a mixture of groups that hardly overlap", "likelihood of a mixture"
GAP, AGAIN = "gap statistic", "prediction strength and stability"
# None reaches NEEDED alone, nor do the last three together: skew or correlation alone can bring each of them about.
POINTS = {CHANCE: 3, HEAPS: 3, MIXTURE: 3, LIKELIHOOD: 1, GAP: 1, AGAIN: 1}
NEEDED = 4
SURE_WEIGHT = 3.0  # of the number that a sure mixture takes, in criteria
# Of the number that BIC takes, heard on ROWS customers: it alone sees groups that overlap beside others that do not. Of
# fewer customers a likelihood says less, and weighs as much less. (With 3 it cuts groups spread evenly in a column.)
LIKELY_WEIGHT = 2.0
APART_WEIGHT = 0.5  # of the largest number whose segments all have a valley between them and the next one
BEYOND = 5.0  # standard deviations beyond look-alikes: twice what tables without groups reach by luck over all k
STRONG = 0.8  # prediction strength that its authors call good
STEADY = 0.85  # adjusted Rand of two bootstrap fits at which a division is the same one for all purposes
REPEATED = 0.6  # and at which most customers stay with the same companions
FALLBACK = (3, 6)  # without groups, the most stable of these
MOST_SEGMENTS = 50  # that may be asked for


@dataclass(frozen=True)
class Weighing:
    """What was decided: the number, the verdict, and what each number of segments had in its favour."""

    k: int
    verdict: Verdict
    stable: bool  # taken because it is the most stable; otherwise it has most in its favour
    of: str  # which numbers it was taken from, in words
    for_groups: tuple[str, ...]  # kinds of evidence that speak for groups
    against: tuple[str, ...]
    favoured: Mapping[str, int]  # by criterion, the number it would take


def weigh(candidates: Sequence[Candidate], evidence: CriteriaByK) -> Weighing:
    """The number and the verdict of a search over several k; 2 only when natural."""
    for_groups, against = speaking(evidence)
    groups = points(for_groups) >= NEEDED
    open_to, of = choice(candidates, groups)
    k = _heaviest(open_to, candidates, evidence) if groups else _most_stable(open_to, evidence)
    if groups and k == 2 and not _two_stand_out(evidence) and len(candidates) > 1:
        others, of_others = choice([c for c in candidates if c.k != 2], groups)
        if min(others[0].sizes) >= FEWEST_TOLD:  # two that do not stand out are better than parts too small to tell of
            open_to, of = others, of_others
            k = _heaviest(open_to, candidates, evidence)
    verdict = _quality(k, evidence) if groups else "no groups"
    stable = verdict == "no groups"
    if groups and stable:
        open_to, of = choice(candidates, groups=False)
        k = _most_stable(open_to, evidence)
        verdict = _quality(k, evidence)
    if stretched_into(evidence) is not None:
        # There are groups, and k-means cuts across them: steady cuts at best, and none that the customers suggest.
        verdict = "constructive" if verdict == "no groups" else "reproducible"
    return Weighing(k, verdict, stable, of, for_groups, against, favoured(candidates, evidence))


def choice(candidates: Sequence[Candidate], groups: bool) -> tuple[list[Candidate], str]:
    """What a number is taken from, and that in words: none with a tiny segment, and without groups 3 to 6.

    Where all have tiny ones, any may be the groups there are; without groups it is the one that has the least tiny.
    """
    few = list(candidates) if groups else fewer(candidates)
    large = [c for c in few if min(c.sizes) >= FEWEST_TOLD]
    of = f"{few[0].k} to {few[-1].k}" if len(few) > 1 else f"{few[0].k} only"
    if len(large) == len(few) or (groups and not large):
        return few, of
    if large:
        return large, f"{of} with at least {FEWEST_TOLD} customers in each"
    return [max(few, key=lambda c: (min(c.sizes), -c.k))], f"{of} whose smallest segment is the largest"


def fewer(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those of 3 to 6 segments, where there are such."""
    return [c for c in candidates if FALLBACK[0] <= c.k <= FALLBACK[1]] or list(candidates)


def of_one(k: int, evidence: CriteriaByK) -> tuple[Verdict, bool]:
    """What a number that was asked for would be called, and whether there is enough that speaks for groups there."""
    return _quality(k, evidence), points(speaking(evidence)[0]) >= NEEDED


def stretched_into(evidence: CriteriaByK | None) -> int | None:
    """The number of groups that there are and that k-means cuts across, when there are such."""
    if evidence is None or evidence.mixture is None or not evidence.mixture.stretched:
        return None
    return evidence.mixture.k if points(speaking(evidence)[0]) >= NEEDED else None


def points(for_groups: Sequence[str]) -> int:
    """What the kinds of evidence that speak for groups weigh together; NEEDED of them make a claim.

    >>> points(["gap statistic", "prediction strength and stability"]) < NEEDED
    True
    """
    return sum(POINTS[kind] for kind in for_groups)


def speaking(evidence: CriteriaByK) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which kinds of evidence speak for groups at all, and which do not."""
    steady = [k for k, value in evidence.stability.items() if value >= STEADY]
    mixture = evidence.mixture
    found = {
        CHANCE: is_beyond_chance(evidence),
        HEAPS: evidence.heaps.found,
        MIXTURE: mixture is not None and mixture.sure,
        LIKELIHOOD: mixture is not None and mixture.bic_k > 1 and not mixture.sure,  # else counted already
        GAP: evidence.gap_choice is not None and evidence.gap_choice > 1,
        AGAIN: any(evidence.prediction_strength.get(k, 0.0) > STRONG for k in steady),
    }
    return tuple(n for n, holds in found.items() if holds), tuple(n for n, holds in found.items() if not holds)


def favoured(candidates: Sequence[Candidate], evidence: CriteriaByK) -> dict[str, int]:
    """The number that each criterion would take if it decided alone."""
    alone = {
        "silhouette": _top({c.k: c.silhouette for c in candidates if c.silhouette is not None}),
        "Calinski-Harabasz": _top({c.k: c.calinski_harabasz for c in candidates if c.calinski_harabasz is not None}),
        "silhouette beyond chance": _top(evidence.silhouette),
        "tightness beyond chance": _top(evidence.tightness),
        "gap": evidence.gap_choice,
        "prediction strength": _largest(evidence.prediction_strength, STRONG) or 1,
        "stability": _top(evidence.stability),
        "a Gaussian mixture": _top(_of_mixtures(evidence)),
    }
    return {name: k for name, k in alone.items() if k is not None}


def _quality(k: int, evidence: CriteriaByK) -> Verdict:
    steady = evidence.stability.get(k, 0.0)
    beyond = max(evidence.silhouette.get(k, 0.0), evidence.tightness.get(k, 0.0)) >= BEYOND
    apart = evidence.apart.get(k, False) and (beyond or bool(evidence.heaps.columns))  # which look-alikes keep
    mixture = evidence.mixture
    if steady >= STEADY and (apart or (mixture is not None and mixture.sure and mixture.k == k)):
        return "natural"
    return "reproducible" if steady >= REPEATED else "no groups"


def _two_stand_out(evidence: CriteriaByK) -> bool:
    """Two groups are seldom something to act on: taken when natural with a valley between them, or when a mixture is
    sure of two, or steady while the likelihood takes two groups of one shape.

    The halves of one long heap are steady as well, but there is no valley and the likelihood takes one group.
    """
    if _quality(2, evidence) == "natural":
        return True
    mixture = evidence.mixture
    if mixture is None or mixture.stretched:
        return False
    if mixture.sure:
        return mixture.k == 2
    return mixture.bic_k == 2 and mixture.bic_round and evidence.stability.get(2, 0.0) >= STEADY


def _of_mixtures(evidence: CriteriaByK) -> dict[int, float]:
    """What mixtures give to a number: three points from a sure one, and up to two from the likelihood (BIC).

    The likelihood is heard where its groups have one shape, as k-means supposes, or where a sure mixture agrees.
    """
    mixture = evidence.mixture
    if mixture is None or mixture.stretched:
        return {}
    given = {mixture.k: SURE_WEIGHT} if mixture.sure else {}
    if mixture.bic_round or mixture.bic_k in given:
        given[mixture.bic_k] = given.get(mixture.bic_k, 0.0) + LIKELY_WEIGHT * evidence.rows / ROWS
    return given


def weights(candidates: Sequence[Candidate], evidence: CriteriaByK) -> dict[int, float]:
    """What each number of segments has in its favour, from 0 to 13; the sum is explained in docs."""
    silhouette = _shares({c.k: c.silhouette or 0.0 for c in candidates})
    chance = is_beyond_chance(evidence)
    # Look-alikes that are no worse have all the structure there is, in single columns: shares of nothing are noise.
    beyond, tight = (_shares(evidence.silhouette), _shares(evidence.tightness)) if chance else ({}, {})
    apart_weight = APART_WEIGHT if chance else APART_WEIGHT + 2.0
    strong, steady = _largest(evidence.prediction_strength, STRONG), _largest(evidence.stability, 0.9)
    of_mixtures, apart = _of_mixtures(evidence), max((k for k, holds in evidence.apart.items() if holds), default=None)
    return {
        c.k: silhouette.get(c.k, 0.0)
        + beyond.get(c.k, 0.0)
        + tight.get(c.k, 0.0)
        + evidence.stability.get(c.k, 0.0)
        + evidence.prediction_strength.get(c.k, 0.0)
        + 0.5 * (evidence.gap_choice == c.k)
        + (strong == c.k)
        + (steady == c.k)
        + apart_weight * (apart == c.k)
        + of_mixtures.get(c.k, 0.0)
        for c in candidates
    }


def _heaviest(open_to: Sequence[Candidate], candidates: Sequence[Candidate], evidence: CriteriaByK) -> int:
    weight = weights(candidates, evidence)
    return max((c.k for c in open_to), key=lambda k: (round(weight[k], 9), -k))


def _most_stable(open_to: Sequence[Candidate], evidence: CriteriaByK) -> int:
    return max((c.k for c in open_to), key=lambda k: (round(evidence.stability.get(k, -1.0), 9), -k))


def is_beyond_chance(evidence: CriteriaByK) -> bool:
    """Whether both criteria are, at the k where they are best together: either alone may be lucky."""
    both = [(max(evidence.silhouette[k], 0.0) + max(evidence.tightness[k], 0.0)) / 2.0 for k in evidence.silhouette]
    return max(both) >= BEYOND


def _shares(values: Mapping[int, float]) -> dict[int, float]:
    top = max([*values.values(), 1e-9])
    return {k: max(value, 0.0) / top for k, value in values.items()}


def _top(values: Mapping[int, float]) -> int | None:
    return max(values, key=lambda k: (values[k], -k)) if values else None


def _largest(values: Mapping[int, float], least: float) -> int | None:
    reached = [k for k, value in values.items() if value > least]
    return max(reached) if reached else None
