"""The section on what changed since the fit before: segments then and now, and who moved."""

from __future__ import annotations

from dataclasses import dataclass

from segmentry.profiles.succession import Kept, Moved, succession_words
from segmentry.profiles.wording import say_number
from segmentry.scoring.score import NAMES
from segmentry.segmentation import Segment, Segmentation


@dataclass(frozen=True)
class ChangeRow:
    """A segment of today, of last time or of both, in text."""

    name: str
    state: str
    then: str
    now: str
    overlap: str


@dataclass(frozen=True)
class MoveRow:
    """Customers who changed segments, in text."""

    before: str
    after: str
    customers: str


@dataclass(frozen=True)
class Changes:
    """The section in text."""

    heading: str
    found: tuple[str, ...]
    rows: tuple[ChangeRow, ...]
    moves: tuple[MoveRow, ...]
    method: str


def changes_of(segmentation: Segmentation) -> Changes | None:
    """The section; None where the fit followed no other."""
    told = segmentation.succession
    if told is None:
        return None
    names = {s.id: s.name for s in segmentation.segments}
    kept = {k.id: k for k in told.kept}
    gone = {r.id: r.name for r in told.retired}
    retired = [ChangeRow(f"{r.name} ({r.id})", "retired", say_number(r.share, "share"), "–", "–") for r in told.retired]
    return Changes(
        heading=f"What changed since {told.as_of or 'the previous fit'}",
        found=succession_words(told, names),
        rows=(*(_row(s, kept.get(s.id)) for s in segmentation.segments), *retired),
        moves=tuple(_move(m, {**NAMES, **gone, **names}) for m in told.moves),
        method=(
            f"All {say_number(told.customers)} customers of today were placed by the previous rule and by the new one. "
            "A segment is that of last time where the customers that both put there are at least half of those that "
            f"either does; the overlap is that share. The adjusted Rand index of the two is {told.adjusted_rand:.2f} "
            "(1 is the same grouping, 0 is chance). Shares of last time are of the customers of that time. Fewer than "
            "ten customers who moved alike are not listed."
        ),
    )


def _row(segment: Segment, kept: Kept | None) -> ChangeRow:
    now, name = say_number(segment.share, "share"), f"{segment.name} ({segment.id})"
    if kept is None:
        return ChangeRow(name, "new", "–", now, "–")
    state = "kept" if kept.name == segment.name else f"kept, was called {kept.name}"
    return ChangeRow(name, state, say_number(kept.share, "share"), now, say_number(kept.jaccard, "share"))


def _move(moved: Moved, names: dict[str, str]) -> MoveRow:
    # A segment may have another name by now: the id tells that it is the same.
    before, after = (names[i] if i in NAMES else f"{names[i]} ({i})" for i in (moved.before, moved.after))
    return MoveRow(before, after, say_number(moved.customers))
