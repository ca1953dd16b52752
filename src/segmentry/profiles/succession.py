"""What became of the segments of the fit before: which are kept, which are new, which are gone, and who moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from segmentry.errors import plural
from segmentry.profiles.wording import say_number

# Below it so many customers changed segments that figures by segment cannot be laid beside those of last time.
ENOUGH_STAY = 0.8


@dataclass(frozen=True)
class Kept:
    """A segment that is one of the fit before: its name, size and share then, and the Jaccard index of whom the two
    rules put there today; None where these are fewer than ten.
    """

    id: str
    name: str
    size: int
    share: float
    jaccard: float | None


@dataclass(frozen=True)
class Retired:
    """A segment of the fit before that no segment is any more; its id is never given again."""

    id: str
    name: str
    size: int
    share: float


@dataclass(frozen=True)
class Moved:
    """How many customers the previous rule puts in one segment today, and the new rule in another."""

    before: str
    after: str
    customers: int


@dataclass(frozen=True)
class Succession:
    """How the segments follow those of the fit before, on the customers of today.

    `fingerprint` and `as_of` are of the previous fit. Fewer than ten customers who move alike are not told of.
    """

    fingerprint: str
    as_of: date | None
    customers: int  # in a segment by the previous rule, by the new one, or by both
    agreement: float  # share of these who keep their segment
    adjusted_rand: float
    kept: tuple[Kept, ...]
    new: tuple[str, ...]
    retired: tuple[Retired, ...]
    moves: tuple[Moved, ...]  # the largest first
    retired_before: tuple[str, ...] = ()  # ids that earlier fits gave up

    @property
    def ids_used(self) -> tuple[str, ...]:
        """Every id that a segment has or had."""
        return (*(k.id for k in self.kept), *self.new, *(r.id for r in self.retired), *self.retired_before)


def stay_words(found: Succession) -> str:
    """How many customers stay where they were, in a sentence.

    >>> stay_words(Succession("", None, 900, 0.91, 0.8, (), (), (), ()))
    '819 of 900 customers (91 %) keep their segment.'
    """
    stay, share = round(found.agreement * found.customers), say_number(found.agreement, "share")
    keep = "keeps" if stay == 1 else "keep"
    return f"{stay:,} of {plural(found.customers, 'customer')} ({share}) {keep} their segment."


def succession_words(found: Succession, names: Mapping[str, str]) -> tuple[str, ...]:
    """What to tell of it, in one sentence or more; `names` are those of the segments by id.

    >>> found = Succession("", None, 900, 0.91, 0.8, (Kept("s1", "", 400, 0.4, 0.9),), ("s6",), (), ())
    >>> for sentence in succession_words(found, {"s6": "Rare buyers"}):
    ...     print(sentence)
    1 of 2 segments is that of last time; 91 % of customers are where the previous model puts them.
    New: s6 Rare buyers.
    """
    k, kept = len(found.kept) + len(found.new), len(found.kept)
    same = f"{kept or 'None'} of {plural(k, 'segment')} {'is that' if kept < 2 else 'are those'} of last time"
    if kept == k:
        same = f"All {k} segments are those of last time" if k > 1 else "The segment is that of last time"
    stay = say_number(found.agreement, "share")
    told = [f"{same}; {stay} of customers are where the previous model puts them."]
    if found.new:
        told.append(f"New: {', '.join(f'{new} {names[new]}' for new in found.new)}.")
    if found.retired:
        told.append(f"Retired: {', '.join(f'{r.id} {r.name}' for r in found.retired)}.")
    return tuple(told)
