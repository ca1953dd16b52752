"""Where names go in a cloud of points, so that none covers another. Arithmetic on pixels only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segmentry.plots.style import LETTER


@dataclass(frozen=True)
class Box:
    """A rectangle around its centre, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        across = abs(self.x - other.x) * 2 < self.width + other.width
        return across and abs(self.y - other.y) * 2 < self.height + other.height


def place(anchors: Sequence[tuple[float, float]], texts: Sequence[str], width: float, height: float) -> list[Box]:
    """A box for each text near its anchor, inside the area, clear of the other anchors and texts."""
    marks = [Box(x, y, 16, 16) for x, y in anchors]
    placed: list[Box] = []
    for (x, y), text in zip(anchors, texts, strict=True):
        lines = text.split("\n")
        wide, high = max(map(len, lines)) * LETTER + 10, 15 * len(lines) + 4
        spots = [_inside(Box(x + dx, y + dy, wide, high), width, height) for dx, dy in _offsets(wide, high)]
        free = (b for b in spots if not any(b.overlaps(other) for other in (*marks, *placed)))
        placed.append(next(free, spots[0]))
    return placed


def _offsets(wide: float, high: float) -> list[tuple[float, float]]:
    """Above and below first, then beside, then farther and farther away."""
    found: list[tuple[float, float]] = []
    for ring in range(12):
        up, side = high / 2 + 11 + 12 * ring, wide / 2 + 12 + 12 * ring
        found += [(0, -up), (0, up), (side, 0), (-side, 0), (side, -up), (-side, -up), (side, up), (-side, up)]
    return found


def _inside(box: Box, width: float, height: float) -> Box:
    x = min(max(box.x, box.width / 2), width - box.width / 2)
    y = min(max(box.y, box.height / 2), height - box.height / 2)
    return Box(x, y, box.width, box.height)
