"""Methods beside k-means: how many segments, and what kind of groups they are.

The number is the one with the best likelihood, else with the best silhouette, else what the method finds by itself.
Where levels of categories are among the features, the silhouette grows the finer the cells are cut in which everyone is
alike: then the fewest segments are taken whose silhouette is NEAR the best.
Whether there are groups at all is answered by the evidence on the customers; whether they are natural or reproducible,
by fitting the method itself again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from segmentry.segmentation import Candidate
from segmentry.selection.verdict import REPEATED, STEADY, Verdict, choice
from segmentry.selection.words import of_tried

NEAR = 0.05


def own_number(candidates: Sequence[Candidate], groups: bool, levels: bool = False) -> tuple[int, str]:
    """The number by the method's own criterion, and why; without groups, of 3 to 6. `levels` are of categories."""
    open_to, of = choice(candidates, groups)
    if open_to[0].bic is not None:
        chosen = min(open_to, key=lambda c: (c.bic if c.bic is not None else math.inf, c.k))
        why = f"{chosen.k} segments fit the customers best, {of_tried(of)}. They have the lowest BIC"
    else:
        best = max(open_to, key=lambda c: (c.silhouette or -1.0, -c.k))
        enough = (best.silhouette or -1.0) - (NEAR if levels else 0.0)
        chosen = min((c for c in open_to if (c.silhouette or -1.0) >= enough), key=lambda c: c.k)
        if chosen == best:
            why = f"{chosen.k} segments are the best separated, {of_tried(of)}. They have the highest silhouette"
        else:
            why = f"{chosen.k} segments are the fewest that are separated about as well as {best.k}, {of_tried(of)}"
    return chosen.k, f"{why}; silhouette {chosen.silhouette or 0:.2f}."


def own_verdict(groups: bool, agreement: float | None) -> Verdict:
    """What the segments are, given whether there are groups and how alike fits on two draws of the customers are.

    >>> own_verdict(True, 0.9), own_verdict(True, 0.7), own_verdict(False, 0.9)
    ('natural', 'reproducible', 'no groups')
    """
    if not groups or agreement is None or agreement < REPEATED:
        return "no groups"
    return "natural" if agreement >= STEADY else "reproducible"
