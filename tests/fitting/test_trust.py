"""What is said of the segments together is capped by the weakest of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import segmentry as sg
from segmentry.fitting.trust import with_weakest
from segmentry.samples import sample_marketing


def test_the_verdict_names_segments_that_did_not_come_out_again() -> None:
    """A division that is steady on the whole names the segments that are not."""
    segments = sg.fit(sample_marketing(300, seed=0), k=4).segments

    def steady(*means: float) -> list[Any]:
        pairs = zip(segments, means, strict=True)
        return [replace(s, stability=replace(s.stability, mean=m)) for s, m in pairs if s.stability is not None]

    assert with_weakest("Steady.", steady(0.9, 0.8, 0.6, 0.9)) == "Steady."
    one = with_weakest("Steady.", steady(0.9, 0.8, 0.5, 0.9))
    assert one == "Steady. But segment s3 did not come out again: see the warning."
    assert "But segments s1, s3 and s4 did not" in with_weakest("Steady.", steady(0.5, 0.8, 0.5, 0.4))
