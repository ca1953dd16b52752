"""Every picture: one mark a segment, its colour and marker, a reason when it is absent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from segmentry.errors import NotEnoughDataError
from segmentry.plots import Picture, draw, draw_all
from segmentry.plots.axes import span_of
from segmentry.plots.criteria import picture_criteria
from segmentry.plots.heatmap import picture_heatmap
from segmentry.plots.panels import picture_boxes, picture_distributions
from segmentry.plots.picture import ONE_SEGMENT
from segmentry.plots.points import picture_components, picture_scatter
from segmentry.plots.sizes import picture_sizes
from segmentry.plots.stability import picture_stability
from segmentry.segmentation import Segmentation

MadeUp = Callable[..., Segmentation]
KEYS = ("sizes", "heatmap", "scatter", "components", "boxes", "distributions", "criteria", "silhouette",
        "markers", "gorge", "switching", "stability", "series")  # fmt: skip
NEED_ROWS = {"scatter", "components", "distributions", "silhouette"}
NAMED_ABOVE = ("markers", "gorge")  # a panel a segment, with its name for a title
ONE_MARK_A_SEGMENT = (
    "sizes", "scatter", "components", "boxes", "distributions", "silhouette", "switching", "stability"
)  # fmt: skip


@pytest.fixture(scope="module")
def pictures(five: Segmentation) -> dict[str, Picture]:
    return {picture.key: picture for picture in draw_all(five)}


def datasets(picture: Picture) -> list[list[dict[str, Any]]]:
    """The rows of every layer of a picture."""
    found: list[list[dict[str, Any]]] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("values"), str):
                found.append(json.loads(part["values"]))
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    spec = json.loads(picture.spec)
    walk(spec)
    found += [json.loads(v) if isinstance(v, str) else v for v in spec.get("datasets", {}).values()]
    return found


def test_a_title_of_one_segment_is_in_the_singular(five: Segmentation) -> None:
    """Where one segment is steady, it returns."""
    first, *others = (replace(s, stability=replace(s.stability, mean=0.5)) for s in five.segments if s.stability)
    firm = replace(first, stability=replace(first.stability, mean=0.95))
    title = picture_stability(replace(five, segments=(firm, *others))).title
    assert title == f"1 of {five.k} segments returns when the customers are drawn anew"


def test_all_pictures_come_in_the_order_of_the_report(pictures: dict[str, Picture]) -> None:
    """Every picture, what it means first; each with a title, a caption and its numbers."""
    assert tuple(pictures) == KEYS
    for picture in pictures.values():
        assert picture.chart is not None
        assert picture.title
        assert picture.caption.endswith(".")
        assert picture.table
        assert len({tuple(row) for row in picture.table}) == 1


@pytest.mark.parametrize("key", [*ONE_MARK_A_SEGMENT, *NAMED_ABOVE])
def test_each_segment_has_its_mark(pictures: dict[str, Picture], five: Segmentation, key: str) -> None:
    """A picture by segment draws every segment of the value and no other."""
    ids = {row["id"] for rows in datasets(pictures[key]) for row in rows if "id" in row}
    assert ids == {segment.id for segment in five.segments}


@pytest.mark.parametrize("key", ONE_MARK_A_SEGMENT)
def test_a_segment_keeps_its_colour_and_marker(pictures: dict[str, Picture], five: Segmentation, key: str) -> None:
    """The scales map each id, in the given order, to the colour and marker of the segment."""
    spec = pictures[key].spec
    ids = json.dumps([s.id for s in five.segments])
    assert f'"scale": {{"domain": {ids}, "range": {json.dumps([s.colour for s in five.segments])}}}' in spec
    assert f'"scale": {{"domain": {ids}, "range": {json.dumps([s.marker for s in five.segments])}}}' in spec


def test_the_title_of_sizes_is_the_finding(pictures: dict[str, Picture]) -> None:
    """It names the segment that spends most beyond its number."""
    assert pictures["sizes"].title == "High-income champions: 14 % of customers, 41 % of spend"


def test_sizes_without_spend_show_customers_only(made_up: MadeUp) -> None:
    """No measure of spend: one column of bars, and the caption says why."""
    picture = picture_sizes(made_up(spend=False))
    assert "No measure of spend" in picture.caption
    assert "of customers" in picture.title
    assert "Share of spend" not in picture.spec


def test_a_loaded_segmentation_says_which_pictures_need_rows(made_up: MadeUp) -> None:
    """Without the view four pictures are absent with a reason, never dropped; the others are drawn."""
    found = {p.key: p for p in draw_all(made_up(view=False))}
    assert tuple(found) == KEYS
    assert {key for key, picture in found.items() if picture.chart is None} == NEED_ROWS
    assert all("does not hold" in (found[key].absent or "") for key in NEED_ROWS)


def test_asking_for_an_absent_chart_tells_the_reason(made_up: MadeUp) -> None:
    """Asking for its chart raises an error that says what is missing."""
    with pytest.raises(NotEnoughDataError, match=r"cannot be drawn.*does not hold"):
        draw(made_up(view=False), "scatter").shown()


def test_one_segment_is_compared_with_nothing(made_up: MadeUp) -> None:
    """One segment is a value like any other; only what compares segments has nothing to show."""
    found = {p.key: p for p in draw_all(made_up(1))}
    assert {key for key, picture in found.items() if picture.chart is None} == {
        "sizes", "heatmap", "silhouette", "markers", "gorge", "switching", "stability", "series"
    }  # fmt: skip
    assert {found[key].absent for key in ("sizes", "heatmap", "silhouette")} == {ONE_SEGMENT}
    with pytest.raises(NotEnoughDataError):
        draw(made_up(1), "silhouette").shown()


def test_one_feature_has_no_scatter(made_up: MadeUp) -> None:
    """A single clustering feature cannot be drawn against another one."""
    value = made_up(only=["age"])
    assert "one numeric feature" in (picture_scatter(value).absent or "")
    assert "one feature" in (picture_components(value).absent or "")


def test_one_candidate_has_no_criteria(made_up: MadeUp) -> None:
    """A k that was asked for has nothing to be compared with."""
    picture = picture_criteria(made_up(single_candidate=True))
    assert picture.chart is None
    assert "nothing to compare" in (picture.absent or "")


def test_nine_segments_are_all_drawn(made_up: MadeUp) -> None:
    """More segments than colours still make nine rows."""
    picture = picture_sizes(made_up(9))
    assert len({row["id"] for rows in datasets(picture) for row in rows}) == 9


def test_small_segments_are_not_drawn_from_rows(made_up: MadeUp) -> None:
    """A segment below the privacy floor has neither box nor hill, and a dash in the heat map."""
    value = made_up(tiny=True)
    found = {p.key: p for p in (picture_boxes(value), picture_distributions(value), picture_heatmap(value))}
    boxes = {row["id"] for rows in datasets(found["boxes"]) for row in rows if "median" in row}
    hills = {row["id"] for rows in datasets(found["distributions"]) for row in rows if "x2" in row}
    assert boxes == hills == {"s1", "s2", "s3", "s4"}
    assert "–" in {row.get("t") for rows in datasets(found["heatmap"]) for row in rows}
    assert "fewer than 10 customers" in found["heatmap"].caption


def test_points_are_thinned_always_the_same_way(made_up: MadeUp) -> None:
    """However many customers, at most 3,000 points are drawn, and the same ones each time."""
    value = made_up(n=9000)
    first, again = (picture_scatter(value), picture_scatter(value))
    assert max(len(rows) for rows in datasets(first)) <= 3000
    assert first.spec == again.spec


def test_the_knee_and_the_chosen_number_are_marked(pictures: dict[str, Picture]) -> None:
    """The elbow stands in its own panel only; the chosen number in all four."""
    words = [row["word"] for rows in datasets(pictures["criteria"]) for row in rows if "word" in row]
    assert "elbow: 4" in words
    assert words.count("chosen: 5") >= 4
    assert words.count("elbow: 4") < words.count("chosen: 5")


def test_criteria_that_were_not_computed_leave_no_empty_panel(five: Segmentation) -> None:
    """A criterion without numbers has no panel, and the caption names it."""
    bare = replace(five, candidates=tuple(replace(c, davies_bouldin=None) for c in five.candidates))
    picture = picture_criteria(bare)
    assert "Not computed: Davies-Bouldin." in picture.caption
    assert '"Davies-Bouldin"' not in picture.spec


def test_the_chart_carries_the_title(five: Segmentation) -> None:
    """A chart is an Altair chart whose title is the finding."""
    title = draw(five, "sizes").shown().to_dict()["title"]
    assert title["text"] == ["High-income champions: 14\u00a0% of customers, 41\u00a0% of spend"]


def test_one_segment_is_no_division(made_up: MadeUp) -> None:
    """Where all customers are kept together, the mark of no groups says so and speaks of no segments."""
    together = replace(made_up(k=1), verdict="no groups")
    assert together.mark == "No groups were found: all customers are kept together."
    assert replace(made_up(k=3), verdict="no groups").mark.endswith("these segments are a convenient division.")
    assert made_up(k=3).mark == ""


def test_points_that_collapse_to_a_few_places_are_not_drawn(five: Segmentation) -> None:
    """Thousands of customers on a few dozen places, as scores put them, would hide one another."""
    assert five.view is not None
    scores = five.view.components.round(-2 if abs(five.view.components).max() > 100 else 0)
    few = replace(five, view=replace(five.view, components=scores % 3))
    assert "points would hide one another" in (draw(few, "components").absent or "")


def test_counts_that_pile_up_at_one_are_drawn_on_a_log_scale(five: Segmentation) -> None:
    """Where the recipe says nothing of a feature and half of its values are the lowest, its axis is stretched there."""
    orders = np.array([1.0] * 60 + [2.0] * 20 + [3.0, 4.0, 9.0, 14.0] * 4 + [40.0] * 4)
    assert span_of(five, "n_orders", orders).log
    assert not span_of(five, "n_orders", np.arange(100.0)).log


def test_long_names_are_wrapped_and_not_cut_above_panels(made_up: MadeUp) -> None:
    """The picture of markers and the gorge write the whole name above each panel."""
    long = "Rare buyers, lapsed, regular, likely gone"
    named = made_up(k=3, names=[long, "Others", "Rest"])
    for key in NAMED_ABOVE:
        spec = json.dumps(json.loads(draw(named, key).spec), ensure_ascii=False)
        assert "likely" in spec.replace("…", "")
        assert "…" not in spec, key
