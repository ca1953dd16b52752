"""What stays with a segment wherever it is shown: colour and marker.

Colours are Okabe and Ito's, told apart by colour-blind readers, then deeper and paler tones of them; markers tell
them apart in grey print.
"""

from __future__ import annotations

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
MARKERS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")


_BLACK, _WHITE = 0, 255
# For each further turn through the colours: how far towards which end a tone goes.
_TONES = ((0.0, _BLACK), (0.42, _BLACK), (0.5, _WHITE), (0.65, _BLACK))


def colour_and_marker(place: int) -> tuple[str, str]:
    """Of the segment in this place (0 first). The first 32 colours differ, and the first 64 pairs.

    >>> colour_and_marker(0), colour_and_marker(8)
    (('#0072B2', 'circle'), ('#004267', 'square'))
    """
    turn = place // len(COLOURS)
    return _tone(COLOURS[place % len(COLOURS)], turn % len(_TONES)), MARKERS[(place + turn) % len(MARKERS)]


def _tone(colour: str, turn: int) -> str:
    share, end = _TONES[turn]
    # Black has no deeper tone: its turns are greys.
    if colour == "#000000":
        share, end = turn / len(_TONES), _WHITE
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part + (end - part) * share):02X}" for part in parts)
