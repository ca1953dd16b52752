"""A scikit-learn estimator over the core of `fit`: a matrix of numbers in, segment numbers and distances out.

Preparing, sampling, searching and polishing are those of `fit`. Roles, names and profiles are left to it: they need a
table of customers, and an estimator sees numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Integral
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from segmentry.clusters.kmeans import Clustering
from segmentry.clusters.polish import polish
from segmentry.errors import NotEnoughDataError, SegmentryError, SettingsError
from segmentry.features.derive import slug
from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, KNOWN, axis_columns, axis_expressions, is_known, with_features
from segmentry.features.learning import learn_scale
from segmentry.features.outlying import order_statistic
from segmentry.features.recipe import GRID, LeftOut, Recipe
from segmentry.features.sample import draw, on_grid, sampled_values
from segmentry.prototypes.assign import centres_of, kmeans_rule, scores
from segmentry.quality import squared_silhouettes
from segmentry.scoring.frames import place_in_memory, place_numbers
from segmentry.selection import SelectionSettings, search_segments
from segmentry.tables import Table, materialise, number_table, to_memory
from segmentry.tables.numbers import LARGEST_USED

NO_DATA = -1  # the label of a row without any value
_NOBODY = nw.lit("")  # a matrix has no ids
_BLOCK = 100_000  # rows whose distances to all prototypes are held at a time


class Segmenter(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """Segments of the rows of a matrix: what `segmentry.fit` does with a table, as a scikit-learn estimator.

    Every column is one feature and counts equally: missing values (NaN) get the median, values beyond Tukey's outer
    fences are capped, heavy tails are logged, and all are standardised. Put no `StandardScaler` before it. A column
    that never varies has no say. The segments do not depend on the order of rows, on threads, or on the machine.

    Parameters
    ----------
    n_segments : int, "auto" or a range such as "2-10"
        How many segments. "auto" tries 3 to 10 and weighs the criteria, as `fit` does; that costs about twenty
        times as much as a number, so state one inside a grid search or a resampling loop.
    random_state : int, RandomState instance or None
        Seeds the starts of the search. None means 0 and not chance: the same rows give the same segments.

    Attributes
    ----------
    labels_ : the segment of each row, 0 for the largest; -1 for a row without any value.
    n_segments_ : how many segments there are.
    prototypes_ : (n_segments_, n_features_in_), in standard deviations of the prepared columns.
    cluster_centers_ : the prototypes in the columns' own units (of a logged column, the geometric centre).
    inertia_ : squared distances to the own prototype, summed over all rows, in squared standard deviations.
    reason_ : why this many, in a sentence.
    verdict_ : "natural", "reproducible", "constructive" or "no groups"; `verdict_words_` says what that means.
    better_ : a method of `fit` and a number that show groups which k-means cuts across, such as ("gmm", 4); else None.
    candidates_ : every number of segments that was tried, with its criteria.
        `pandas.DataFrame(candidates_)` shows them as a table.
    notices_ : what a careful reader should know, such as groups that overlap.
    n_iter_ : passes over all rows that polished what was found on the sample.

    Notes
    -----
    The search runs on all rows up to 20,000, beyond that on a fixed selection of 20,000; passes over all rows then
    settle the prototypes. So time grows slowly with rows. Wrong settings and unusable data raise `ValueError`, as
    everywhere in scikit-learn. Sample weights are not supported.

    Examples
    --------
    >>> segmenter = Segmenter(n_segments=2).fit([[18, 20.0], [19, 21.0], [62, 90.0], [64, float("nan")], [63, 95.0]])
    >>> segmenter.labels_
    array([1, 1, 0, 0, 0])
    >>> segmenter.predict([[60, 88.0]])
    array([0])
    """

    def __init__(self, n_segments: int | str = "auto", *, random_state: Any = 0) -> None:
        self.n_segments = n_segments
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Segmenter:  # noqa: ARG002
        """Finds the segments; `y` is ignored."""
        matrix = self._checked(X, reset=True)
        with _as_value_error():
            settings = SelectionSettings(k=_plain(self.n_segments), seed=_seed(self.random_state))
            features = self._features()
            table = _table(matrix, features)
            sample = draw(table)
            values = sampled_values(with_features(sample.frame, features, None), _NOBODY, [f.name for f in features])
            self.recipe_ = _learn(features, values)
            grid, known = on_grid(sample, _NOBODY, self.recipe_)
            search = search_segments(grid[known], settings)
            # X is in memory, so the grid may be too, instead of being prepared anew for every pass.
            whole = materialise(_prepared(table, self.recipe_).filter(is_known(self.recipe_)))
            assert isinstance(search.best, Clustering)
            polished = polish(whole, self.recipe_.axes, search.best.centres)
        # Largest first: a number then means something, whatever the search did.
        order = sorted(range(search.k), key=lambda place: (-polished.sizes[place], place))
        owners = [str(order.index(place)) for place in range(search.k)]
        self.rule_ = kmeans_rule(self.recipe_.axes, polished.centres, owners)
        self.n_segments_ = self._n_features_out = search.k
        self.inertia_ = polished.inertia
        self.n_iter_ = polished.passes
        self.reason_ = search.reason
        self.verdict_ = search.verdict
        self.verdict_words_ = search.verdict_words
        self.better_ = search.better
        self.candidates_ = list(search.candidates)
        self.notices_ = list(search.notices)
        self.prototypes_, self.cluster_centers_ = self._positions(values)
        self.labels_ = self._labels(matrix)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The segment of each row, by the prototype that is nearest; -1 for a row without any value."""
        check_is_fitted(self)
        return self._labels(self._checked(X))

    def fit_predict(self, X: Any, y: Any = None) -> np.ndarray:  # noqa: ARG002
        """`labels_` after fitting."""
        return self.fit(X).labels_

    def transform(self, X: Any) -> np.ndarray:
        """Distance of each row to each segment's prototype, in standard deviations; NaN for a row without any value."""
        check_is_fitted(self)
        matrix = self._checked(X)
        return np.concatenate([np.sqrt(squares) / GRID for squares, _ in self._squares(matrix)])

    def score(self, X: Any, y: Any = None) -> float:  # noqa: ARG002
        """The inertia of these rows, negated so that more is better. Comparable for one `n_segments` only."""
        check_is_fitted(self)
        inertia = 0
        for squares, winners in self._squares(self._checked(X)):
            known = winners != NO_DATA
            inertia += int(squares[known, winners[known]].sum())
        return -inertia / GRID**2

    def silhouettes(self, X: Any) -> np.ndarray:
        """How much nearer each row is to its own segment than to the next one, from -1 to 1; NaN for a row without any
        value.

        These are the silhouettes of all rows of X in their segments, with squared Euclidean distances of columns as the
        fit prepared them: exact, and in time linear in the rows, where `silhouette_samples` of scikit-learn takes
        quadratic time.

        >>> found = Segmenter(2).fit([[0.0], [1.0], [10.0], [11.0]])
        >>> found.silhouettes([[0.0], [1.0], [10.0], [11.0]]).round(3).tolist()
        [0.991, 0.989, 0.989, 0.991]
        """
        check_is_fitted(self)
        matrix = self._checked(X)
        labels, found = self._labels(matrix), np.full(len(matrix), np.nan)
        blocks = [self._on_grid(matrix[start : start + _BLOCK]) for start in range(0, len(matrix), _BLOCK)]
        known = np.concatenate([known for _, known in blocks])
        if known.any():
            grid = np.concatenate([grid[known] for grid, known in blocks])
            found[known] = squared_silhouettes(grid, labels[known])
        return found

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _checked(self, X: Any, *, reset: bool = False) -> np.ndarray:
        _check_names(X)
        matrix: np.ndarray = validate_data(
            self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2 if reset else 1
        )
        largest = max(np.nanmax(matrix, initial=0.0), -np.nanmin(matrix, initial=0.0)) if reset else 0.0
        if largest > LARGEST_USED:
            raise ValueError(
                f"A value is too large to compute with: {largest:.3g}. Divide its column by a power of 10."
            )
        return matrix

    def _features(self) -> tuple[Feature, ...]:
        """A feature per column of X, in X's order."""
        names = [str(name) for name in getattr(self, "feature_names_in_", _numbered(self.n_features_in_))]
        return tuple(Feature(name, name, "number", "other", "column", (name,)) for name in names)

    def _labels(self, matrix: np.ndarray) -> np.ndarray:
        features = self._features()
        columns = {feature.name: matrix[:, place] for place, feature in enumerate(features)}
        places = place_numbers(self.recipe_, self.rule_, columns, len(matrix))
        if places is None:
            places = place_in_memory(self.recipe_, self.rule_, _table(matrix, features))
        assert places is not None  # of a matrix no number is too large
        labels: np.ndarray = np.array([*(int(segment) for segment in self.rule_.segments), NO_DATA])[places.segment]
        return labels

    def _squares(self, matrix: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """By block of rows: squared distances on the grid, a column a segment, and the winning segment."""
        owners = np.array([int(owner) for owner in self.rule_.owners])
        for start in range(0, len(matrix), _BLOCK):
            grid, known = self._on_grid(matrix[start : start + _BLOCK])
            scored = scores(self.rule_, grid)
            winners = np.where(known, owners[scored.argmin(axis=1)], NO_DATA)
            squares = np.empty_like(scored)
            squares[:, owners] = scored + (grid * grid).sum(axis=1)[:, None]
            squares[~known] = np.nan
            yield squares, winners

    def _on_grid(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Through the expressions that place customers everywhere else, so that no last bit can differ.
        prepared = _prepared(_table(matrix, self._features()), self.recipe_)
        columns = to_memory(prepared.with_columns(is_known(self.recipe_).alias(KNOWN)))
        return np.column_stack([columns[axis] for axis in axis_columns(self.recipe_.axes)]), columns[KNOWN] == 1.0

    def _positions(self, sample: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Prototypes in standard deviations and in own units, segments and columns in the order that users see."""
        order = np.argsort([int(owner) for owner in self.rule_.owners])
        deviations = centres_of(self.rule_)[order] / GRID
        places = {feature.name: place for place, feature in enumerate(self._features())}
        prototypes, centres = np.zeros((2, self.n_segments_, len(places)))
        for name, place in places.items():
            centres[:, place] = _usual(sample[name])  # stays so for a column that has no say
        for column, scale in enumerate(self.recipe_.scales):
            place = places[scale.feature.name]
            prototypes[:, place] = deviations[:, column]
            prepared = deviations[:, column] * scale.scale + scale.centre
            centres[:, place] = np.expm1(prepared) if scale.transform == "log1p" else prepared
        return prototypes, centres


@contextmanager
def _as_value_error() -> Iterator[None]:
    """Errors as scikit-learn's tools expect them; remedies in terms of this class instead of the command line."""
    try:
        yield
    except SegmentryError as error:
        settings = isinstance(error, SettingsError)
        remedy = "Pass n_segments=5, '2-10' or 'auto'." if settings else "Give more rows, or ask for fewer segments."
        raise ValueError(str(SegmentryError(error.what, found=error.found, remedy=remedy))) from error


def _plain(n_segments: Any) -> int | str:
    if isinstance(n_segments, Integral):
        return int(n_segments)
    if isinstance(n_segments, str):
        return n_segments
    raise SettingsError("n_segments is not understood.", found=repr(n_segments))


def _seed(random_state: Any) -> int:
    if random_state is None:
        return 0
    if isinstance(random_state, Integral):
        # As scikit-learn does, which says what is allowed.
        check_random_state(int(random_state))
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _check_names(X: Any) -> None:
    names = [str(name) for name in getattr(X, "columns", ())]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"Two columns share the name '{repeated[0]}'. Rename one of them.")


def _numbered(n: int) -> list[str]:
    return [f"x{place}" for place in range(n)]


def _table(matrix: np.ndarray, features: Sequence[Feature]) -> Table:
    return number_table({feature.name: matrix[:, place] for place, feature in enumerate(features)})


def _prepared(table: Table, recipe: Recipe) -> nw.LazyFrame[Any]:
    hidden = [FEATURE + f.name for f in recipe.clustered]
    return with_features(table.frame, recipe.clustered, None).select(*hidden).with_columns(*axis_expressions(recipe))


def _learn(features: Sequence[Feature], values: Mapping[str, np.ndarray]) -> Recipe:
    """The recipe of the columns that vary, in the order of their names as `fit` would call them."""
    varying = [f for f in features if np.unique(_known(values[f.name])).size > 1]
    narrow = [f.name for f in varying if np.ptp(_known(values[f.name])) < 1 / LARGEST_USED]
    if narrow:
        raise ValueError(f"Column '{narrow[0]}' varies too little to compute with. Multiply it by a power of 10.")
    scales = tuple(learn_scale(f, values[f.name]) for f in sorted(varying, key=lambda f: (slug(f.name), f.name)))
    if not scales:
        raise NotEnoughDataError("No column can tell the rows apart.", found=f"{len(features)} without variation")
    left = tuple(LeftOut(f.name, "the same in every row") for f in features if f not in varying)
    return Recipe(None, None, (), scales, (), (), left, len(values[features[0].name]))


def _known(values: np.ndarray) -> np.ndarray:
    known: np.ndarray = values[~np.isnan(values)]
    return known


def _usual(values: np.ndarray) -> float:
    known = np.sort(_known(values))
    return order_statistic(known, 0.5) if len(known) else math.nan
