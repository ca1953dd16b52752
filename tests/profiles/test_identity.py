"""Colour and marker of a segment tell it from every other."""

from __future__ import annotations

import itertools

from segmentry.profiles.identity import COLOURS, MARKERS, colour_and_marker


def test_colours_do_not_come_again_among_thirty_two_segments():
    """The first eight are Okabe and Ito's; any two of the 32 are clearly apart in red, green and blue."""
    colours = [colour_and_marker(place)[0] for place in range(32)]
    assert tuple(colours[:8]) == COLOURS
    values = [[int(c[at : at + 2], 16) for at in (1, 3, 5)] for c in colours]
    assert all(sum(abs(a - b) for a, b in zip(x, y, strict=True)) > 24 for x, y in itertools.combinations(values, 2))


def test_colour_and_marker_together_are_one_segments_alone():
    """Sixty-four segments have sixty-four pairs, in markers that the pictures know."""
    pairs = {colour_and_marker(place) for place in range(64)}
    assert len(pairs) == 64
    assert {marker for _, marker in pairs} == set(MARKERS)
