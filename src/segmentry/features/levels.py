"""Level names that say what they are: yes and no, genders, and levels with an order from low to high."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from segmentry.features.vocabulary import fold_level, vocabulary


class YesAndNo(NamedTuple):
    """The spellings of no and of yes, each in the order of the alphabet."""

    no: tuple[str, ...]
    yes: tuple[str, ...]


def yes_and_no(levels: Iterable[str]) -> YesAndNo | None:
    """The levels told apart, None when they are not a yes and a no.

    A column may say each in several ways of one language, as people type it.

    >>> yes_and_no(["TRUE", "FALSE"])
    YesAndNo(no=('FALSE',), yes=('TRUE',))
    >>> yes_and_no(["Yes", "N", "y", "No", "1", "TRUE"])
    YesAndNo(no=('N', 'No'), yes=('1', 'TRUE', 'Yes', 'y'))
    >>> yes_and_no(["Red", "Blue"]) is None, yes_and_no(["Yes", "Y"]) is None
    (True, True)
    """
    meant = {level: fold_level(level) for level in levels}
    words = set(meant.values())
    for no, yes in vocabulary().flags:
        if words <= no | yes and words & no and words & yes:
            return YesAndNo(*(tuple(sorted(n for n, word in meant.items() if word in side)) for side in (no, yes)))
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
    """The levels from low to high, None when one is unknown or two words stand at the same place.

    Spellings of one word keep together: they are one step of the scale (see `steps`).

    >>> in_order(["Gold", "Bronze", "Silver"], ["membership"])
    ('Bronze', 'Silver', 'Gold')
    >>> in_order(["gold", "Bronze", "GOLD", "Gold"], ["membership"])
    ('Bronze', 'GOLD', 'Gold', 'gold')
    >>> in_order(["Gold", "Amber"], ["membership"]) is None
    True
    """
    folded = {level: fold_level(level) for level in levels}
    words = set(folded.values())
    for places in (places for name in orders for places in vocabulary().orders[name]):
        if len(words) < 2 or not all(word in places for word in words):
            continue
        if len({places[word] for word in words}) == len(words):
            return tuple(sorted(folded, key=lambda level: (places[folded[level]], level)))
    return None


def steps(levels: Sequence[str]) -> list[int]:
    """The place of each level of an ordered list, spellings of one word sharing theirs.

    >>> steps(("Bronze", "GOLD", "Gold", "Platinum"))
    [0, 1, 1, 2]
    """
    words = [fold_level(level) for level in levels]
    return list(itertools.accumulate((int(a != b) for a, b in itertools.pairwise(words)), initial=0)) if words else []


def step_names(levels: Sequence[str]) -> tuple[str, ...]:
    """The ordered list with one name a step, the usual spelling: neither all small nor all capital where there is one.

    >>> step_names(("Bronze", "GOLD", "Gold", "gold"))
    ('Bronze', 'Gold')
    """
    spellings: dict[int, list[str]] = {}
    for place, level in zip(steps(levels), levels, strict=True):
        spellings.setdefault(place, []).append(level)
    return tuple(min(same, key=lambda s: (s.isupper() or s.islower(), s)) for same in spellings.values())


def n_known(levels: Iterable[str], order: str) -> int:
    """How many of the levels the vocabulary has a place for."""
    known = {text for places in vocabulary().orders[order] for text in places}
    return sum(fold_level(level) in known for level in levels)
