"""What is said of features goes into few sentences, however many they are."""

from __future__ import annotations

import numpy as np

from segmentry.features.feature import Feature
from segmentry.features.learning import learn_scale
from segmentry.features.notices import far_out, often_empty
from segmentry.features.recipe import Scale

N = 1_000


def scales(far: list[int], empty: list[int]) -> list[Scale]:
    """A feature each, with so many values far out and so many missing."""
    made = []
    for place, (n_far, n_empty) in enumerate(zip(far, empty, strict=True)):
        values = np.tile(np.arange(100.0), N // 100)
        values[:n_far] = 5_000.0 + np.arange(n_far) * 3_000.0
        values[N - n_empty :] = np.nan
        feature = Feature(f"f{place}", f"F{place}", "number", "other", "column", (f"f{place}",))
        made.append(learn_scale(feature, values))
    return made


def test_values_far_out_are_told_of_the_features_with_most():
    """Of eight features five have a warning of their own, in their order, and the others one together."""
    said = [n.message for n in far_out(scales([1, 2, 3, 4, 5, 6, 7, 8], [0] * 8), whole=True)]
    assert [text.split("'")[1] for text in said[:-1]] == ["F3", "F4", "F5", "F6", "F7"]
    assert said[-1].startswith("In 3 more features customers stand far out as well.")
    assert len(far_out(scales([1, 2, 3, 4, 5], [0] * 5), whole=True)) == 5


def test_features_that_are_often_empty_are_told_alike():
    """Six of seven are; the one with fewest missing cells is the one more."""
    said = [n.message for n in often_empty(scales([0] * 7, [300, 310, 250, 10, 320, 330, 340]), N)]
    assert [text.split("'")[1] for text in said[:-1]] == ["f0", "f1", "f4", "f5", "f6"]
    assert said[-1] == "1 more feature is empty for 20% or more as well."
