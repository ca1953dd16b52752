"""Level names that say what they are: yes and no, genders, and levels with an order from low to high."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segmentry.features.vocabulary import fold_level, vocabulary


def yes_and_no(levels: Iterable[str]) -> tuple[str, str] | None:
    """The two levels as (no, yes), None when they are not a yes and a no.

    >>> yes_and_no(["TRUE", "FALSE"]), yes_and_no(["Red", "Blue"])
    (('FALSE', 'TRUE'), None)
    """
    by_meaning = {fold_level(level): level for level in levels}
    for no, yes in vocabulary().flags:
        if by_meaning.keys() == {no, yes}:
            return by_meaning[no], by_meaning[yes]
    return None


def are_genders(levels: Iterable[str]) -> bool:
    """Whether the levels are genders, both common ones among them.

    >>> are_genders(["Female", "Male"]), are_genders(["m", "w", "d"]), are_genders(["f", "t"])
    (True, True, False)
    """
    genders, folded = vocabulary().genders, {fold_level(level) for level in levels}
    known = genders["male"] | genders["female"] | genders["other"]
    return bool(folded) and folded <= known and bool(folded & genders["male"]) and bool(folded & genders["female"])


def in_order(levels: Sequence[str], orders: Iterable[str]) -> tuple[str, ...] | None:
    """The levels from low to high, None when one is unknown or two stand at the same place.

    >>> in_order(["Gold", "Bronze", "Silver"], ["membership"])
    ('Bronze', 'Silver', 'Gold')
    >>> in_order(["Gold", "Amber"], ["membership"]) is None
    True
    """
    folded = {level: fold_level(level) for level in levels}
    for places in (places for name in orders for places in vocabulary().orders[name]):
        if len(folded) < 2 or not all(text in places for text in folded.values()):
            continue
        if len({places[text] for text in folded.values()}) == len(folded):
            return tuple(sorted(folded, key=lambda level: places[folded[level]]))
    return None


def n_known(levels: Iterable[str], order: str) -> int:
    """How many of the levels the vocabulary has a place for."""
    known = {text for places in vocabulary().orders[order] for text in places}
    return sum(fold_level(level) in known for level in levels)
