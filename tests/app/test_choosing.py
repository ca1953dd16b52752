"""A fit that is tried beside the one that is open: with every method, and with what was stated of the first."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

import segmentry as sg
from segmentry.app.choosing import settings_of, usable, used
from segmentry.app.opened import Opened
from segmentry.clusters.names import FIND_K, METHODS
from segmentry.fitting import FitSettings
from segmentry.profiles.playrules import parse_playbook
from segmentry.samples import sample_marketing
from segmentry.store import parse, save
from segmentry.value import ValueSettings

pytestmark = pytest.mark.xdist_group("browser")

PLAYBOOK = """
[[play]]
key = "call"
priority = 5
title = "Call"
do = "Call."
why = "It helps."
all = [{share = "> 0.01"}]
"""


@pytest.fixture
def opened(out, tmp_path):
    return Opened(out / "segmentation.seg", None, tmp_path)


def with_settings(opened: Opened, stated: FitSettings) -> Opened:
    """As if the model that is open had been fitted with these settings."""
    kept = stated.model_dump(mode="json", exclude_defaults=True)
    opened.segmentation = replace(
        opened.segmentation, provenance=replace(opened.segmentation.provenance, settings=kept)
    )
    return opened


def settings_tried(opened: Opened, method: str, features: list[str] | None = None) -> FitSettings:
    """The settings of the next fit, as the process that fits reads them."""
    ticked = sorted(used(opened.segmentation)) if features is None else features
    return FitSettings.model_validate_json(json.dumps(settings_of(opened, "4", ticked, method)))


def test_every_method_can_be_tried(client, until):
    """The form offers each method of the library, and says which of them find the number of segments themselves."""
    page = until(client, "/choosing", "Try it")
    select = page.split('<select name="method">')[1].split("</select>")[0]
    assert [f">{name}</option>" in select for name in METHODS] == [True] * len(METHODS)
    assert f"{', '.join(FIND_K[:-1])} and {FIND_K[-1]} find the number of segments themselves" in page


@pytest.mark.parametrize("method", FIND_K[:1])
def test_a_method_that_finds_the_number_is_asked_for_none(own, out, until, method):
    """Whatever number the form holds, it is the fit of the library, which states none."""
    ticked = sorted(used(sg.load(out / "segmentation.seg")))
    own.post("/refit", data={"k": "9", "method": method, "feature": ticked})
    until(own, "/job", "Who goes where")
    tried = parse(own.get("/download/segmentation.seg?of=tried").content)
    customers = pl.read_csv(out / "customers.csv", infer_schema=False)[:, :-4]
    expected = sg.fit(customers, method=method, settings=FitSettings(stability_pairs=0))
    assert tried.method == method
    # Whoever of them is a segment of the fit that is open has its id.
    assert replace(tried.rule, owners=()) == replace(expected.rule, owners=())
    assert tried.verdict == expected.verdict


def test_segments_that_stay_keep_their_names_and_ids(own, out, until, monkeypatch):
    """The same number tried again is the same segments, with the name of the user's own; one more has a new id. How
    many customers stay is told, with a warning above the button where they are few."""
    model = out / "segmentation.seg"
    own.post("/segments/s2", data={"name": "Regulars"})
    before = sg.load(model)
    ticked = sorted(used(before))
    own.post("/refit", data={"k": str(before.k), "method": "k-means", "feature": ticked})
    until(own, "/job", "Who goes where")
    same = parse(own.get("/download/segmentation.seg?of=tried").content)
    assert [(s.id, s.name, s.colour) for s in same.segments] == [(s.id, s.name, s.colour) for s in before.segments]
    page = own.get("/beside").text
    assert "900 of 900 customers (100" in page
    assert "all the same" not in page
    own.post("/refit", data={"k": str(before.k + 1), "method": "k-means", "feature": ticked})
    until(own, "/job", "Who goes where")
    more = parse(own.get("/download/segmentation.seg?of=tried").content)
    assert more.succession is not None
    assert more.succession.new
    assert not {s.id for s in before.segments} & set(more.succession.new)
    monkeypatch.setattr("segmentry.app.progress.ENOUGH_STAY", 1.01)
    page = own.get("/beside").text
    assert f"New: {more.succession.new[0]}" in page
    assert 0 < page.index("these are other segments") < page.index("Use the one just tried all the same")


def test_what_was_stated_holds_of_another_fit(opened):
    """Playbook, pairs for stability, terms of value, grid and limits on sizes are carried, names are not."""
    playbook = parse_playbook(PLAYBOOK)
    stated = FitSettings(
        playbook=playbook, stability_pairs=7, value=ValueSettings(margin=0.3), rfm_grid="ten", min_size=20,
        on_duplicate="keep", names={"s1": "Mine"},
    )  # fmt: skip
    tried = settings_tried(with_settings(opened, stated), "k-means")
    for name in ("playbook", "stability_pairs", "value", "rfm_grid", "min_size", "on_duplicate"):
        assert getattr(tried, name) == getattr(stated, name), name
    assert tried.names == {}


def test_limits_on_sizes_are_left_out_where_a_method_has_none(opened):
    """A method whose groups are as large as they are would refuse them."""
    with_settings(opened, FitSettings(min_size=20, max_size=500))
    assert settings_tried(opened, "gmm").min_size == 20
    assert [(s.min_size, s.max_size) for s in (settings_tried(opened, m) for m in FIND_K)] == [(None, None)] * 3


def test_features_lead_into_an_rfm_grid_and_out_of_it(opened, tmp_path):
    """A grid rests on what it needs, whatever is ticked; of a grid that is open, what it scores is ticked."""
    chosen = FitSettings().features.model_copy(update={"features": ("age", "income")})
    with_settings(opened, FitSettings(features=chosen))
    assert settings_tried(opened, "ward").features.features == ("age", "income")
    assert settings_tried(opened, "rfm").features.features == ()

    path = tmp_path / "rfm.seg"
    save(sg.fit(sample_marketing(300, seed=1), method="rfm"), path)
    grid = Opened(path, None, tmp_path)
    assert used(grid.segmentation) == {"recency_days", "purchases_total", "spend_total"}
    assert not [name for name, _, _ in usable(grid.segmentation) if name.endswith("_score")]
    assert set(settings_tried(grid, "k-means").features.features) == used(grid.segmentation)
    assert settings_tried(grid, "rfm").features.features == ()
