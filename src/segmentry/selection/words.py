"""The verdict and its reason in words that a marketer understands; figures come after what they mean."""

from __future__ import annotations

from collections.abc import Sequence

from segmentry.errors import listed
from segmentry.segmentation import Candidate
from segmentry.selection.criteria import CriteriaByK
from segmentry.selection.verdict import MOST_SEGMENTS, NEEDED, STEADY, Weighing, points, stretched_into
from segmentry.tables.masking import FEWEST_TOLD

_MORE = 5  # numbers beyond the range that are worth another try
WEAK = 0.25  # below it a grouping has no substantial structure (Kaufman and Rousseeuw 1990, table 4 of chapter 2)


def verdict_words(
    verdict: str,
    k: int,
    basis: str,
    asked_for: str = "",
    again: str = "",
    structured: bool = False,
    stretched: str | None = None,
) -> str:
    """What the verdict means for someone who is about to act on the segments. `again` is what `again_words` says."""
    if stretched and verdict == "constructive" and not asked_for:
        return f"These {k} segments are constructive: a convenient division, and not the groups. {stretched} ({basis})"
    if stretched and verdict == "reproducible":
        return (
            f"These segments are reproducible. {again} But they are not the groups that there are. {stretched} "
            f"({basis})"
        )
    if verdict == "natural":
        return (
            f"These are natural groups: the customers themselves fall into {k} kinds, more clearly than chance could "
            f"make it look. {again} ({basis})"
        )
    if verdict == "reproducible":
        return (
            "These segments are reproducible rather than natural: one shades into the next without gaps. "
            f"{again} Use them as a way to divide customers, and expect many near the borders. ({basis})"
        )
    if verdict == "constructive":
        return f"These segments are constructive: {k} were asked for, and {k} were made. {asked_for} ({basis})"
    if structured:
        return (
            "No groups that can be relied on: these features are not spread evenly, but no division into 3 "
            f"or more comes out again in another draw of the customers. The {k} segments below are a convenient "
            f"division, not a discovery. Other features may tell customers apart. ({basis})"
        )
    return (
        "No groups: by these features the customers do not fall into kinds. The "
        f"{k} segments below cut an even spread into parts: a convenient division, not a discovery. "
        f"Other features may tell customers apart. ({basis})"
    )


def again_words(agreement: float, draws: int) -> str:
    """What became of the segments when the customers were drawn anew: what was measured, and no promise.

    >>> again_words(0.92, 20)
    'When the customers were drawn anew 20 times, nearly the same segments came out.'
    """
    alike = "nearly" if agreement >= STEADY else "roughly"
    return f"When the customers were drawn anew {draws} times, {alike} the same segments came out."


def untold_words(k: int) -> str:
    """Said in place of a verdict where there is too little to reach one."""
    return (
        "No groups that could be shown: whether these customers fall into kinds cannot be told, for there are too few "
        f"different ones. The {k} segments below are a convenient division, not a discovery."
    )


def stated_words(k: int) -> str:
    """The same for segments that a table states, which no data can confirm or refute."""
    return (
        f"These segments are constructive: a table divides customers into {k} by their scores, whether or not they "
        "fall into kinds. `segmentry compare` shows how they stand beside groups that were found."
    )


def stretched_words(evidence: CriteriaByK | None) -> str | None:
    """Said where there are groups for certain that k-means cuts across."""
    k = stretched_into(evidence)
    if k is None or evidence is None or evidence.mixture is None:
        return None
    certain = 100 * evidence.mixture.certainty
    return (
        f"The customers fall into {k} groups of unlike size or shape: {certain:.0f} % can be placed for certain. "
        "K-means, which makes groups alike, cuts across these. "
        f"To have those {k} as segments: --method gmm --k {k}."
    )


def basis_of(evidence: CriteriaByK | None, n: int) -> str:
    """On what it was computed."""
    if evidence is None:
        return "Too few different customers to compute more"
    rows = f"all {n:,}" if evidence.rows == n else f"{evidence.rows:,} of {n:,}"
    return f"Computed on {rows} customers in the sample"


def asked_for_words(quality: str, enough: bool, again: str) -> str:
    """What can be said of a number that was asked for: whether these groups would have stood on their own."""
    if not enough:
        return "Nothing shows that customers fall into that many kinds: read them as a convenient division."
    if quality == "natural":
        return f"They would have stood on their own: they are clearer than chance. {again}"
    if quality == "reproducible":
        return f"There are no gaps between them. {again}"
    return "When the customers were drawn anew, they were divided otherwise, so do not lean on the borders."


def reason_words(candidates: Sequence[Candidate], weighing: Weighing) -> str:
    """Why this number: a plain sentence, then its figures and who would have taken another."""
    chosen = next(c for c in candidates if c.k == weighing.k)
    figures = _figures(chosen)
    if not weighing.stable:
        why = f"{_agreeing(weighing)}, {of_tried(weighing.of)}{_at_the_edge(candidates, chosen)}."
        return f"{why} Its figures: {figures}. {_votes(weighing)}{_passed(candidates, chosen)}"
    said = (
        f"{chosen.k} segments are the most stable division, {of_tried(weighing.of)}: it comes out most alike when the "
        f"customers are drawn anew. Its figures: {figures}."
    )
    if weighing.verdict != "no groups":
        return f"{said} The number with most in its favour does not come out again."
    if not weighing.for_groups:
        return f"{said} Nothing speaks for groups."
    if points(weighing.for_groups) < NEEDED:
        return f"{said} What speaks for groups is not enough: {listed(weighing.for_groups)}."
    two = next((c for c in candidates if c.k == 2 and (c.stability or 0.0) >= STEADY), None)
    if two is None:
        return f"{said} There is structure ({listed(weighing.for_groups)}), but no number comes out again."
    return (
        f"{said} A coarse cut into 2 would come out again (stability {two.stability:.2f}, silhouette "
        f"{two.silhouette or 0.0:.2f}), but two are taken only when natural and apart (--k 2 makes them)."
    )


def of_tried(of: str) -> str:
    """What a number was taken from, as `verdict.choice` says it, at the end of a sentence.

    >>> of_tried("2 to 10"), of_tried("3 to 6 with at least 10 customers in each")
    ('of 2 to 10 tried', 'of 3 to 6 with at least 10 customers in each')
    """
    return f"of {of} tried" if of[-1].isdigit() else f"of {of}"


def _at_the_edge(candidates: Sequence[Candidate], chosen: Candidate) -> str:
    """That the largest number tried was taken, where more could be; that there are no more kinds is then not known."""
    most = min(chosen.k + _MORE, MOST_SEGMENTS)
    # Where the customers of each segment are all alike, there are no more to tell apart.
    if len(candidates) < 2 or chosen.k < max(c.k for c in candidates) or chosen.k == most or not chosen.inertia:
        return ""
    return f", and no larger number was tried, so that there may be more kinds: --k 2-{most} tries up to {most}"


def _agreeing(weighing: Weighing) -> str:
    k, every = weighing.k, len(weighing.favoured)
    agree = sum(own == k for own in weighing.favoured.values())
    if 2 * agree > every:
        return f"{agree} of {every} criteria choose {k} segments"
    few = "none" if not agree else f"only {agree}"
    return f"{k} segments do best over all {every} criteria together, though {few} of them would choose {k} alone"


def _figures(chosen: Candidate) -> str:
    parts = []
    if chosen.silhouette is not None:
        parts.append(f"silhouette {chosen.silhouette:.2f}")
    if chosen.stability is not None:
        parts.append(f"stability {chosen.stability:.2f}")
    if chosen.prediction_strength is not None:
        parts.append(f"prediction strength {chosen.prediction_strength:.2f}")
    return ", ".join(parts)


def _votes(weighing: Weighing) -> str:
    agree = [name for name, k in weighing.favoured.items() if k == weighing.k]
    others: dict[int, list[str]] = {}
    for name, k in weighing.favoured.items():
        if k != weighing.k:
            others.setdefault(k, []).append(name)
    elsewhere = "; ".join(f"{listed(names)} would take {k}" for k, names in sorted(others.items()))
    own = f"It is the choice of {listed(agree)}" if agree else "No single criterion would take it, all together do"
    return f"{own}{'; ' + elsewhere if elsewhere else ''}."


def _passed(candidates: Sequence[Candidate], chosen: Candidate) -> str:
    small = [c for c in candidates if c.k != chosen.k and min(c.sizes) < FEWEST_TOLD <= min(chosen.sizes)]
    higher = [c for c in small if (c.silhouette or -1.0) > (chosen.silhouette or -1.0)]
    if not higher:
        return ""
    best = max(higher, key=lambda c: c.silhouette or -1.0)
    return (
        f" {best.k} would be higher (silhouette {best.silhouette:.2f}) with a segment of fewer than {FEWEST_TOLD} "
        "customers."
    )


def weakness_words(chosen: Candidate) -> str | None:
    """Said wherever segments overlap so much that each customer could as well be in the next."""
    if chosen.silhouette is None or chosen.silhouette >= WEAK:
        return None
    return (
        f"The structure is weak: the groups overlap (silhouette {chosen.silhouette:.2f}; below {WEAK} there is no "
        "substantial structure). Read the segments as a useful way to divide customers, not as natural groups."
    )
