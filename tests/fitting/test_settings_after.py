"""What a fit after another is told: what was not stated anew is as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

import segmentry as sg
from segmentry.errors import ModelFileError
from segmentry.fitting import FitSettings
from segmentry.fitting.settings import settings_after, with_arguments
from segmentry.samples import sample_marketing, sample_orders
from segmentry.segmentation import Segmentation


@pytest.fixture(scope="module")
def before() -> Segmentation:
    told = FitSettings(
        id="customer_id",
        features={"roles": {"response": "flag"}, "purposes": {"education": "fairness"}},
        min_size=20,
        stability_pairs=0,
        names={"s1": "Best"},
    )
    return sg.fit(sample_marketing(400, seed=2), k="3-5", seed=9, settings=told)


def test_what_is_not_stated_is_taken_over(before: Segmentation) -> None:
    """Features, roles, purposes, k, seed, limits and the id column hold again; names and the day do not."""
    found = settings_after(before, FitSettings())
    assert found.features.features == tuple(f.name for f in before.recipe.clustered)
    assert found.features.roles == {"response": "flag"}
    assert found.features.purposes == {"education": "fairness"}
    assert (found.selection.k, found.selection.seed, found.selection.method) == (before.k, 9, "k-means")
    assert (found.min_size, found.id, found.stability_pairs) == (20, "customer_id", 0)
    assert (dict(found.names), found.as_of) == ({}, None)


def test_what_is_stated_wins_even_where_it_is_the_default(before: Segmentation) -> None:
    """`k="auto"` chooses anew and seed 0 is 0, though both are what a first fit has unsaid; the rest stays."""
    said = with_arguments(FitSettings(min_size=5), k="auto", seed=0, features=["income"])
    found = settings_after(before, said)
    assert (found.selection.k, found.selection.seed, found.min_size) == ("auto", 0, 5)
    assert found.features.features == ("income",)
    assert found.features.roles == {"response": "flag"}
    more = settings_after(before, FitSettings(features={"roles": {"kids": "count"}}))
    assert more.features.roles == {"response": "flag", "kids": "count"}


@pytest.mark.parametrize("method", ["hdbscan", "rfm"])
def test_a_method_that_finds_the_number_is_told_none(before: Segmentation, method: str) -> None:
    """Neither k nor limits on sizes are handed to it; a grid is handed no features either."""
    found = settings_after(before, with_arguments(None, method=method))
    assert (found.selection.k, found.selection.method, found.min_size) == ("auto", method, None)
    assert bool(found.features.features) == (method != "rfm")


def test_after_a_grid_other_methods_rest_on_what_its_scores_are_of() -> None:
    """The scores are the grid's own: what follows it with k-means takes recency, frequency and spend."""
    grid = sg.fit(orders=sample_orders(300, seed=1), method="rfm", settings=FitSettings(stability_pairs=0))
    found = settings_after(grid, with_arguments(None, method="k-means", k=4))
    assert set(found.features.features) == {f.bins.of for f in grid.recipe.clustered if f.bins}
    assert found.orders.trend_days == grid.purchases.trend_days


def test_settings_of_another_version_are_refused(before: Segmentation) -> None:
    """A setting that this version does not know is named."""
    strange = replace(before, provenance=replace(before.provenance, settings={"selection": {"colour": 1}}))
    with pytest.raises(ModelFileError, match="cannot be taken over") as caught:
        settings_after(strange, FitSettings())
    assert "selection.colour" in str(caught.value)


def test_what_was_not_said_beside_settings_stays_unsaid() -> None:
    """Naming k leaves the seed, the features and the day open for the fit before to fill."""
    said = with_arguments(FitSettings(), k=3)
    assert said.selection.model_fields_set == {"k"}
    assert "features" not in said.model_fields_set
    assert "as_of" not in said.model_fields_set
