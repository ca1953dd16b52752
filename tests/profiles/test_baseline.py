"""How features were spread at the fit."""

from __future__ import annotations

import numpy as np
import pytest

import segmentry as sg
from segmentry.fitting import FitSettings
from segmentry.profiles.baseline import _of_levels, _of_numbers
from segmentry.samples import sample_mall
from segmentry.store import dump, parse


def test_numbers_are_cut_at_their_tenths() -> None:
    """A hundred different values make ten bins of ten; the largest value is in the last."""
    found = _of_numbers("x", np.arange(100.0))
    assert (len(found.edges), found.shares, found.missing) == (9, (0.1,) * 10, 0.0)


def test_few_customers_have_fewer_bins_and_equal_values_share_one() -> None:
    """Thirty-five customers make three bins; a value that most of them have is in one bin, whatever its share."""
    assert len(_of_numbers("x", np.arange(35.0)).shares) == 3
    most = _of_numbers("x", np.array([0.0] * 70 + list(range(1, 31)) + [np.nan] * 25))
    assert most.shares[0] == pytest.approx(0.7)
    assert sum(most.shares) == pytest.approx(1)
    assert most.missing == pytest.approx(0.2)


def test_a_category_has_a_bin_a_level_and_one_for_the_rest() -> None:
    """Shares are of those with a value."""
    found = _of_levels("city", ["a", "b"], np.array(["a", "a", "b", "c", None], dtype=object))
    assert (found.shares, found.missing, found.n) == ((0.5, 0.25, 0.25), pytest.approx(0.2), 5)


def test_a_model_keeps_its_baselines() -> None:
    """One for each feature that the segments rest on, through the file."""
    model = sg.fit(sample_mall(200, seed=1), k=4, settings=FitSettings(stability_pairs=0))
    assert [b.feature for b in model.baselines] == [f.name for f in model.recipe.clustered]
    assert parse(dump(model), "model").baselines == model.baselines
