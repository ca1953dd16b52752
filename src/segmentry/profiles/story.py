"""A segment told in a few sentences, from its profile alone."""

from __future__ import annotations

from segmentry.profiles.profile import MISSING, OTHER, Profile
from segmentry.profiles.sayable import sayable
from segmentry.profiles.wording import beside, lowered, say_number

MOST_FIGURES = 4
STANDS_OUT = 130.0
FREQUENT = 0.05


def tell(profile: Profile, segment: str, size: int, share: float, spend_share: float | None) -> str:
    """Weight, the clustered figures furthest from everyone's, and the categories found more often beyond chance."""
    sentences, said = [_weight(share, spend_share)], sayable(profile, {segment: size})
    figures = _figures(said, segment)
    if figures:
        sentences.append(f"On average: {'; '.join(figures)}.")
    levels = _levels(said, segment)
    if levels:
        sentences.append(f"Found more often here: {', '.join(levels)}.")
    return " ".join(sentences)


def _weight(share: float, spend_share: float | None) -> str:
    customers = f"{say_number(share, 'share')} of customers"
    if spend_share is None:
        return f"{customers}."
    return f"{customers} and {say_number(spend_share, 'share')} of spend."


def _figures(profile: Profile, segment: str) -> list[str]:
    cells = [(m, m.segments[segment]) for m in profile.measures if m.clustered]
    known = [(m, c) for m, c in cells if c.spread.mean is not None and c.difference is not None]
    ranked = sorted(known, key=lambda pair: (-abs(pair[1].difference or 0.0), pair[0].name))
    return [beside(m, segment) for m, _ in ranked[:MOST_FIGURES]]


def _levels(profile: Profile, segment: str) -> list[str]:
    found = []
    for category in profile.categories:
        if category.sensitive:
            continue
        for level in category.levels:
            cell = level.segments[segment]
            if (
                level.level not in (MISSING, OTHER)
                and cell.index is not None
                and cell.share is not None
                and cell.index >= STANDS_OUT
                and cell.share >= FREQUENT
            ):
                beside_all = f"{say_number(cell.share, 'share')}, everyone {say_number(level.share, 'share')}"
                found.append((-cell.index, f"{lowered(category.label)} {level.level} ({beside_all})"))
    return [text for _, text in sorted(found)[:3]]
