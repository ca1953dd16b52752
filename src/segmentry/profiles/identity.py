"""What stays with a segment wherever it is shown: colour and marker.

Colours are Okabe and Ito's, told apart by colour-blind readers; markers tell them apart in grey print.
"""

from __future__ import annotations

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
MARKERS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")


def colour_and_marker(place: int) -> tuple[str, str]:
    """Of the segment in this place (0 first); past eight, colours come again with other markers.

    >>> colour_and_marker(0), colour_and_marker(8)
    (('#0072B2', 'circle'), ('#0072B2', 'square'))
    """
    turn = place // len(COLOURS)
    return COLOURS[place % len(COLOURS)], MARKERS[(place + turn) % len(MARKERS)]
