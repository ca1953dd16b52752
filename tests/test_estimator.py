"""The scikit-learn estimator: its interface as scikit-learn checks it, its segments as `fit` finds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.metrics import silhouette_samples
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

import segmentry as sg
from segmentry.estimator import Segmenter
from segmentry.features.recipe import GRID
from segmentry.prototypes.assign import centres_of
from segmentry.scoring import blocks

NAMES = ["alpha", "beta", "gamma"]


def numbers(rows: int = 400, *, missing: float = 0.03) -> np.ndarray:
    """Four groups in three columns, one with a heavy tail, some cells missing."""
    random = np.random.default_rng(7)
    group = random.integers(0, 4, rows)
    matrix = np.column_stack(
        [
            np.array([10.0, 40.0, 40.0, 70.0])[group] + random.normal(0, 3, rows),
            np.exp(np.array([1.0, 1.0, 4.0, 6.0])[group] + random.normal(0, 0.4, rows)),
            np.array([1.0, 2.0, 3.0, 9.0])[group] * 100 + random.normal(0, 20, rows),
        ]
    )
    matrix[random.uniform(size=matrix.shape) < missing] = np.nan
    return matrix


def same_partition(a: np.ndarray, b: np.ndarray) -> bool:
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    return len(pairs) == len({x for x, _ in pairs}) == len({y for _, y in pairs})


@pytest.mark.parametrize("segmenter", [Segmenter("2-3"), Segmenter(3, random_state=5)], ids=["range", "three"])
@pytest.mark.thorough("range")
def test_scikit_learn_finds_nothing_to_object_to(segmenter: Segmenter) -> None:
    """Every check that scikit-learn has for an estimator passes; none is expected to fail."""
    results = check_estimator(segmenter, on_fail=None, on_skip=None)
    failed = [f"{r['check_name']}: {r['exception']!r}" for r in results if r["status"] not in ("passed", "skipped")]
    assert failed == []
    assert sum(r["status"] == "passed" for r in results) > 40


@pytest.mark.parametrize("rows", [400, 23_000], ids=["all in memory", "sampled"])
def test_same_segments_as_fit_on_the_same_numbers(rows: int) -> None:
    """A frame of numbers through `fit` and its matrix through the estimator give one partition and one set of
    prototypes."""
    frame = pl.DataFrame(numbers(rows), schema=NAMES)
    segmentation = sg.fit(frame, k=4, features=NAMES, seed=3)
    segmenter = Segmenter(4, random_state=3).fit(frame)
    scored = sg.score(segmentation, frame)["segment_id"].to_numpy()
    assert same_partition(scored, segmenter.labels_)
    assert sorted(segmenter.prototypes_.tolist()) == sorted((centres_of(segmentation.rule) / GRID).tolist())
    assert segmenter.inertia_ == segmentation.inertia
    assert [c.inertia for c in segmenter.candidates_] == [c.inertia for c in segmentation.candidates]


def test_auto_takes_the_number_that_fit_takes() -> None:
    """ "auto" and a range choose the same number for the same reason."""
    frame = pl.DataFrame(numbers(), schema=NAMES)
    for k in ("auto", "2-5"):
        segmentation = sg.fit(frame, k=k, features=NAMES)
        segmenter = Segmenter(k).fit(frame)
        assert segmenter.n_segments_ == segmentation.k
        assert segmenter.reason_ == segmentation.reason


def test_order_of_rows_and_columns_does_not_matter() -> None:
    """Shuffled rows and columns give the same segments, also where a sample is drawn."""
    matrix = numbers(23_000)
    rows = np.random.default_rng(1).permutation(len(matrix))
    names = ["gamma", "alpha", "beta"]
    plain = Segmenter(4).fit(pd.DataFrame(matrix, columns=NAMES))
    shuffled = Segmenter(4).fit(pd.DataFrame(matrix[rows], columns=NAMES)[names])
    assert (plain.labels_[rows] == shuffled.labels_).all()
    assert plain.inertia_ == shuffled.inertia_
    assert (plain.prototypes_[:, [2, 0, 1]] == shuffled.prototypes_).all()


@pytest.mark.parametrize("kind", [pl.DataFrame, pd.DataFrame, np.array], ids=["polars", "pandas", "array"])
def test_every_kind_of_table_gives_the_same(kind: Any) -> None:
    """Arrays, pandas and Polars frames with missing cells give the same labels."""
    matrix = numbers()
    columns = {name: matrix[:, place] for place, name in enumerate(NAMES)}
    given = matrix if kind is np.array else kind(columns)
    if kind is pl.DataFrame:
        given = given.fill_nan(None)
    segmenter = Segmenter(4).fit(given)
    assert (segmenter.labels_ == Segmenter(4).fit(matrix).labels_).all()
    assert (segmenter.predict(given) == segmenter.labels_).all()


def test_labels_number_segments_from_the_largest() -> None:
    """Segment 0 is the largest, and sizes fall from there."""
    sizes = np.bincount(Segmenter(4).fit(numbers()).labels_)
    assert len(sizes) == 4
    assert (np.diff(sizes) <= 0).all()


def test_labels_are_those_of_the_nearest_prototypes() -> None:
    """Over more rows than fit one block, with gaps, rows of nothing and a tail that is logged."""
    draw = np.random.default_rng(5)
    rows = draw.normal(size=(70_000, 3)) + 4.0 * draw.integers(0, 3, (70_000, 1))
    rows[:, 2] = np.exp(rows[:, 2])
    rows[draw.random(rows.shape) < 0.05] = np.nan
    rows[::1_000] = np.nan
    segmenter = Segmenter(n_segments=4).fit(rows[:5_000])
    assert [scale.transform for scale in segmenter.recipe_.scales].count("log1p") == 1
    distances = segmenter.transform(rows)
    known = ~np.isnan(rows).all(axis=1)
    labels = segmenter.predict(rows)
    assert (labels[~known] == -1).all()
    assert (labels[known] == distances[known].argmin(axis=1)).all()


def test_labels_are_the_same_without_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no C compiler was at hand, the expressions place the rows."""
    matrix = numbers()
    segmenter = Segmenter(4).fit(matrix)
    monkeypatch.setattr(blocks, "COMPILED", False)
    assert (segmenter.predict(matrix) == segmenter.labels_).all()


def test_distances_are_in_standard_deviations() -> None:
    """The nearest column of `transform` is the label, and squared distances add up to the inertia."""
    matrix = numbers()
    segmenter = Segmenter(4)
    distances = segmenter.fit_transform(matrix)
    assert (distances.argmin(axis=1) == segmenter.labels_).all()
    assert (distances.min(axis=1) ** 2).sum() == pytest.approx(segmenter.inertia_)
    assert segmenter.score(matrix) == -segmenter.inertia_


def test_centres_are_placed_in_the_segment_they_stand_for() -> None:
    """`cluster_centers_` are rows in the columns' own units, each predicted as its own segment."""
    segmenter = Segmenter(4).fit(numbers())
    assert segmenter.predict(segmenter.cluster_centers_).tolist() == [0, 1, 2, 3]


def test_silhouettes_are_those_of_scikit_learn_with_squared_distances() -> None:
    """On all rows, prepared as for fitting; a row without any value has none."""
    matrix = numbers(300)
    segmenter = Segmenter(4).fit(matrix)
    matrix[7] = np.nan
    found = segmenter.silhouettes(matrix)
    known = np.delete(np.arange(300), 7)
    prepared = segmenter._on_grid(matrix)[0]
    expected = silhouette_samples(prepared[known], segmenter.predict(matrix)[known], metric="sqeuclidean")
    assert np.isnan(found[7])
    assert np.allclose(found[known], expected, atol=1e-9)


def test_a_row_without_any_value_is_in_no_segment() -> None:
    """It gets -1 and no distances; it moves nothing at fitting."""
    matrix = numbers()
    empty = np.full((1, 3), np.nan)
    plain, padded = Segmenter(4).fit(matrix), Segmenter(4).fit(np.vstack([matrix, empty]))
    assert padded.labels_[-1] == -1
    assert (padded.labels_[:-1] == plain.labels_).all()
    assert padded.inertia_ == plain.inertia_
    assert np.isnan(plain.transform(empty)).all()


def test_a_column_that_never_varies_has_no_say() -> None:
    """Constant and empty columns change neither labels nor distances, whatever they hold later."""
    matrix = numbers()
    padded = np.column_stack([np.full(len(matrix), 0.1), matrix, np.full(len(matrix), np.nan)])
    plain, with_both = Segmenter(4).fit(matrix), Segmenter(4).fit(padded)
    assert (plain.labels_ == with_both.labels_).all()
    later = padded.copy()
    later[:, 0] = 99.0
    assert (with_both.transform(later) == plain.transform(matrix)).all()


@pytest.mark.parametrize(("library", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_output_as_a_frame(library: str, kind: type) -> None:
    """`set_output` gives pandas or Polars frames with a column per segment."""
    segmenter = Segmenter(4).set_output(transform=library)
    distances = segmenter.fit_transform(kind({name: numbers()[:, i] for i, name in enumerate(NAMES)}))
    assert isinstance(distances, kind)
    assert list(distances.columns) == segmenter.get_feature_names_out().tolist() == [f"segmenter{i}" for i in range(4)]


def test_it_works_in_a_pipeline_and_in_a_search() -> None:
    """A pipeline fits, predicts and transforms; a grid search tries numbers of segments."""
    matrix = numbers()
    pipeline = make_pipeline(FunctionTransformer(np.abs), Segmenter(4))
    assert (pipeline.fit_predict(matrix) == pipeline.predict(matrix)).all()
    assert pipeline.transform(matrix).shape == (len(matrix), 4)
    search = GridSearchCV(Segmenter(), {"n_segments": [2, 4]}, cv=2).fit(matrix)
    assert search.best_params_ == {"n_segments": 4}


def test_random_state_is_taken_as_scikit_learn_does() -> None:
    """None means 0; a RandomState draws the seed; a clone of a fitted estimator fits the same."""
    matrix = numbers()
    plain = Segmenter(4).fit(matrix)
    for state in (None, np.int64(0)):
        assert (Segmenter(4, random_state=state).fit(matrix).labels_ == plain.labels_).all()
    drawn = [Segmenter(4, random_state=np.random.RandomState(8)).fit(matrix).inertia_ for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert (clone(plain).fit(matrix).labels_ == plain.labels_).all()


@pytest.mark.parametrize(
    ("n_segments", "matrix", "words"),
    [
        (1, numbers(), "from 2 to 50.*n_segments=5"),
        ("many", numbers(), "not understood.*n_segments=5"),
        (2.5, numbers(), "n_segments"),
        (None, numbers(), "n_segments"),
        (3, [[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]], "3 segments need.*Give more rows"),
        (2, [[1.0], [1.0], [1.0]], "No column can tell the rows apart"),
        (2, [[1.0], [np.inf]], "infinity"),
        (2, pd.DataFrame([[1, 2], [3, 4], [5, 6]], columns=["a", "a"]), "Two columns share the name 'a'"),
        (2, pd.DataFrame([[1.5, 2], [3, 4], [5, 6]], columns=["a", "a"]), "Two columns share the name 'a'"),
        (2, numbers() * 1e-300, "varies too little"),
        (2, numbers() * 1e300, "too large to compute with"),
        (2, -numbers() * 1e300, "too large to compute with"),
    ],
)
def test_what_cannot_be_done_is_a_value_error_that_says_so(n_segments: Any, matrix: Any, words: str) -> None:
    """Wrong settings and unusable data raise ValueError with the remedy in the estimator's own terms."""
    with pytest.raises(ValueError, match=words) as caught:
        Segmenter(n_segments).fit(matrix)
    assert "--" not in str(caught.value)


@pytest.mark.parametrize("state", [-1, 2**32])
def test_a_seed_out_of_range_is_a_value_error(state: int) -> None:
    """As everywhere in scikit-learn."""
    with pytest.raises(ValueError, match="Seed must be between"):
        Segmenter(3, random_state=state).fit(numbers())
