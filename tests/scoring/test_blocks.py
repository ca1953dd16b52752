"""Rows in memory by the compiled kernel: the answers are those of the expressions, bit for bit."""

from dataclasses import replace
from datetime import date

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentry.features.feature import Feature
from segmentry.features.grid import FEATURE, axis_expressions, with_features
from segmentry.features.recipe import GRID, LIMIT, Levels, Recipe, Scale
from segmentry.prototypes.assign import CONFIDENCE, PLACE, RUNNER_UP_PLACE, kmeans_rule
from segmentry.prototypes.everyone import placing_by
from segmentry.prototypes.rule import EXACT, Rule
from segmentry.scoring import blocks
from segmentry.scoring.blocks import Part, fits_kernel, is_arithmetic, place_rows
from segmentry.tables import Numbers

pytestmark = pytest.mark.skipif(not blocks.COMPILED, reason="the kernel is missing: installed without a C compiler")

AS_OF = date(2024, 5, 3)
NUMBERS = st.one_of(
    st.none(), st.integers(-5, 5).map(float), st.floats(-1e9, 1e9), st.sampled_from([0.1, 0.2, 0.3, -0.0, 1e100])
)
FEATURES = [
    Feature("one", "One", "number", "other", "column", ("a",)),
    Feature("sum", "Sum", "number", "other", "sum", ("a", "b", "c")),
    Feature("ratio", "Ratio", "number", "other", "ratio", ("a", "b"), ("c",)),
    Feature("share", "Share", "share", "deals", "ratio", ("a", "b"), ("c",)),
    Feature("age", "Age", "years", "age", "years_since_year", ("b",)),
]
CITY = Feature("city", "City", "category", "other", "category", ("city",))
CITIES = [None, "Oslo", "Rome", "elsewhere"]  # the last is no level
STEPS = st.sampled_from([st.integers(-16384, 16384), st.integers(-3, 3)])  # of the narrow ones many are ties


def _scale(feature, *, caps=None, spread=(3.0, 7.0), transform="none"):
    low, high = caps or (None, None)
    return Scale(feature, 1.25, low, high, transform, *spread, 0.0, 1.0, 0, 0, 0.0)


def _recipe(*scales, levels=()):
    return Recipe(None, AS_OF, (), scales, tuple(levels), (), (), 0)


def _by_expressions(recipe, rule, frame):
    placed = placing_by(recipe, rule)(with_features(nw.from_native(frame.lazy()), recipe.clustered, AS_OF))
    return placed.select(PLACE, RUNNER_UP_PLACE, CONFIDENCE).collect().rows()


def _by_kernel(recipe, rule, columns, parts, rows, threads=1):
    """As the expressions tell it, None where a number is too large."""
    numbers = {name: c if isinstance(c, Numbers) else Numbers(c) for name, c in columns.items()}
    places = place_rows(recipe, rule, numbers, parts, rows, threads)
    if places is None:
        return None
    nobody = len(rule.segments)
    return [
        (own, None if other == nobody else other, None if np.isnan(sure) else sure)
        for own, other, sure in zip(
            places.segment.tolist(), places.runner_up.tolist(), places.confidence.tolist(), strict=True
        )
    ]


def _columns(frame):
    return {name: frame[name].cast(pl.Float64).to_numpy() for name in frame.columns if frame[name].dtype.is_numeric()}


def _parts(recipe, frame):
    """The city, looked up by its values, and scales that are no arithmetic, made by the expressions."""
    parts = []
    for axis, scale in enumerate(recipe.scales):
        if not is_arithmetic(scale):
            made = with_features(nw.from_native(frame.lazy()), [scale.feature], AS_OF)
            made = made.with_columns(*axis_expressions(_recipe(scale))).collect()
            missing = made[FEATURE + scale.feature.name].is_null().to_numpy()
            parts.append(Part(slice(axis, axis + 1), made["axis::0"].to_numpy()[None], missing))
    for level in recipe.levels:
        numbers = np.array([[0, level.weight, 0, 0], [0, 0, level.weight, 0]], dtype=np.float64)
        places = np.array([CITIES.index(city) for city in frame["city"]], dtype=np.uint8)
        axes = slice(len(recipe.scales), len(recipe.scales) + 2)
        parts.append(Part(axes, numbers, np.array([True, False, False, False]), places))
    return parts


@st.composite
def _tables(draw):
    """A recipe of any features, a rule of any prototypes, owners and cut-off, and any rows, cells missing."""
    features = draw(st.lists(st.sampled_from(FEATURES), min_size=1, max_size=3, unique=True))
    caps = st.sampled_from([None, (-3.0, 4.5), (-1e8, 1e8), (0.0, 1e-3)])
    spread = st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
    logged = st.sampled_from(["none", "none", "log1p"])
    scales = [_scale(f, caps=draw(caps), spread=draw(spread), transform=draw(logged)) for f in features]
    levels = [Levels(CITY, ("Oslo", "Rome"), draw(st.integers(1, 2_000)), 0)] if draw(st.booleans()) else []
    recipe = _recipe(*scales, levels=levels)
    centre = st.tuples(*[draw(STEPS)] * len(recipe.axes))
    centres = draw(st.lists(centre, min_size=2, max_size=7))
    each = draw(st.integers(1, 3))
    rule = kmeans_rule(recipe.axes, np.array(centres, dtype=float), [f"s{p // each}" for p in range(len(centres))])
    if draw(st.booleans()):
        rule = replace(rule, cutoff=draw(st.integers(0, 10**8)))
    rows = draw(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(CITIES)), min_size=1, max_size=40))
    schema = {**dict.fromkeys("abc", pl.Float64), "city": pl.String}
    return recipe, rule, pl.DataFrame(rows, schema=schema, orient="row")


@settings(max_examples=150, deadline=None)
@given(_tables())
def test_kernel_and_expressions_agree_to_the_last_bit(table):
    """Any features, prototypes and cells: the same segment, runner-up and confidence, ties and noise included."""
    recipe, rule, frame = table
    if not fits_kernel(recipe, rule):
        assert len(rule.segments) == 1
        return
    made = _by_kernel(recipe, rule, _columns(frame), _parts(recipe, frame), len(frame))
    assert made == _by_expressions(recipe, rule, frame)


@pytest.fixture
def shop():
    """A recipe of three features, a rule of five segments and 1,000 rows of whole numbers."""
    draw = np.random.default_rng(0)
    recipe = _recipe(*map(_scale, (FEATURES[0], FEATURES[1], FEATURES[4])))
    rule = kmeans_rule(recipe.axes, draw.integers(-9_000, 9_000, (5, 3)).astype(float), list("vwxyz"))
    return recipe, rule, pl.DataFrame({name: draw.integers(0, 100, 1_000) for name in "abc"})


def test_blocks_pieces_and_threads_change_nothing(shop, monkeypatch):
    """Rows over many blocks, columns in long pieces and in short ones, on one thread or on three."""
    recipe, rule, frame = shop
    expected = _by_expressions(recipe, rule, frame)
    monkeypatch.setattr(blocks, "_ROWS", 64)
    for short in (1, 8_192):
        monkeypatch.setattr(blocks, "_SHORT", short)
        columns = {n: Numbers(c, ends=(7, 300, 1_000)) for n, c in _columns(frame).items()}
        for threads in (1, 3):
            assert _by_kernel(recipe, rule, columns, (), 1_000, threads) == expected


@pytest.mark.parametrize("kind", "bBhHiIlLqQfd")
def test_columns_of_every_type_are_used_as_they_are(shop, kind):
    """Also where numbers do not lie side by side, as in a matrix."""
    recipe, rule, frame = shop
    matrix = frame.to_numpy().astype(np.dtype(kind))
    columns = {name: matrix[:, place] for place, name in enumerate(frame.columns)}
    assert _by_kernel(recipe, rule, columns, (), 1_000) == _by_expressions(recipe, rule, frame)


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**62 + 1, -(2**63), 2**63 - 1, 2**32 - 1, -(2**32)])
def test_long_whole_numbers_become_what_the_processor_makes_of_them(number):
    """They are turned by additions; the nearest floating-point number is that of the cast."""
    recipe = _recipe(_scale(FEATURES[0], spread=(float(number), 1.0)))
    rule = kmeans_rule(recipe.axes, np.array([[0.0], [9.0]]), ["x", "y"])
    [(_, _, confidence)] = _by_kernel(recipe, rule, {"a": np.array([number])}, (), 1)
    assert confidence == 1.0  # it lies on the first centre


def test_a_number_too_large_to_be_used_ends_it(shop):
    """Whatever column, block and sign it is in; a missing cell is none, and who sets no limit has none."""
    recipe, rule, frame = shop
    for cell, most in ((2**53, 2.0**53 - 1), (-(2**60), 2.0**53 - 1), (np.inf, 1e100), (-1e200, 1e100)):
        column = frame["c"].to_numpy().astype(type(cell))
        column[777] = cell
        columns = _columns(frame)
        assert _by_kernel(recipe, rule, {**columns, "c": Numbers(column, most)}, (), 1_000) is None
        assert _by_kernel(recipe, rule, {**columns, "c": Numbers(column)}, (), 1_000) is not None
    column[777] = np.nan
    assert _by_kernel(recipe, rule, {**columns, "c": Numbers(column, 1e100)}, (), 1_000) is not None


def test_a_ratio_too_large_for_a_number_is_at_the_end_of_the_grid():
    """Infinite on its way, without a warning."""
    recipe = _recipe(_scale(Feature("x", "X", "number", "other", "ratio", ("a",), over=("b",)), spread=(0.0, 1.0)))
    end = float(LIMIT * GRID)
    rule = kmeans_rule(recipe.axes, np.array([[-end], [end]]), ["low", "high"])
    columns = {"a": np.array([1e300, -1e300]), "b": np.array([1e-267, 1e-267])}
    assert _by_kernel(recipe, rule, columns, (), 2) == [(1, 0, 1.0), (0, 1, 1.0)]


def test_a_customer_at_the_cut_off_is_no_noise_and_one_beyond_is():
    """Three steps away are nine when squared; both ways place both alike."""
    recipe = _recipe(_scale(FEATURES[0], spread=(0.0, float(GRID))))
    frame = pl.DataFrame({"a": [3.0, 4.0]})
    rule = replace(kmeans_rule(recipe.axes, np.array([[0.0], [90.0]]), ["x", "y"]), cutoff=9)
    made = _by_kernel(recipe, rule, _columns(frame), (), 2)
    assert [place for place, *_ in made] == [0, 3]
    assert made == _by_expressions(recipe, rule, frame)


def test_a_share_is_between_nothing_and_all():
    """Parts of more than the whole, or of less than nothing, count as all of it and none of it."""
    recipe = _recipe(_scale(FEATURES[3], spread=(0.0, 1.0)))
    frame = pl.DataFrame({"a": [5.0, -3.0], "b": [0.0, 0.0], "c": [2.0, 2.0]})
    rule = kmeans_rule(recipe.axes, np.array([[0.0], [float(GRID)]]), ["none", "all"])
    made = _by_kernel(recipe, rule, _columns(frame), (), 2)
    assert made == [(1, 0, 1.0), (0, 1, 1.0)] == _by_expressions(recipe, rule, frame)


def test_days_since_a_date_are_counted_from_its_number():
    """Dates are stored as days since the first of 1970."""
    since = Feature("x", "X", "days", "tenure", "days_since", ("a",))
    recipe = _recipe(_scale(since, spread=(0.0, float(GRID))))
    rule = kmeans_rule(recipe.axes, np.array([[2.0], [365.0]]), ["new", "old"])
    days = np.array(["2024-05-01", "2023-05-04"], "datetime64[D]").astype(np.int32)
    assert _by_kernel(recipe, rule, {"a": days}, (), 2) == [(0, 1, 1.0), (1, 0, 1.0)]
    assert _by_kernel(recipe, rule, {"a": np.array([np.nan])}, (), 1) == [(2, None, None)]


def test_rules_that_need_every_bit_are_left_to_the_expressions():
    """Scores near 2^53 have no room for a segment's place; nor does the kernel know pairs of axes or one segment."""
    large = Rule(("a",), (0, EXACT // 2), ((0,), (0,)), ("s1", "s2"))
    small = Rule(("a",), (0, 100), ((0,), (-20,)), ("s1", "s2"))
    pairs = Rule(("a",), (0, 1), ((0,), (0,)), ("s1", "s2"), pairs=((0, 0),), pair_weights=((1,), (1,)))
    single = Rule(("a",), (0,), ((0,),), ("s1",))
    recipe = _recipe(_scale(FEATURES[0]))
    assert [fits_kernel(recipe, rule) for rule in (small, large, pairs, single)] == [True, False, False, False]


def test_logarithms_texts_and_parts_of_dates_are_no_arithmetic():
    """Engines differ in the last bit of a logarithm, so that it is computed in one place."""
    flags = Feature("x", "X", "count", "engagement", "sum", ("a", "b"), levels=("yes",))
    dated = Feature("x", "X", "years", "age", "years_since", ("a",))
    scales = [_scale(FEATURES[0]), _scale(FEATURES[0], transform="log1p"), _scale(flags), _scale(dated)]
    assert list(map(is_arithmetic, scales)) == [True, False, False, False]


def _told():
    """What the kernel is told of two rows of one axis and one lookup, by name."""
    return {
        "rows": 2,
        "spans": np.array([[0, 0, 1, 1]], np.int32),
        "numbers": np.zeros((1, 6)) + 1,
        "columns": [np.zeros(2)],
        "most": np.ones(1),
        "weights": np.array([[0.0, 0.0], [0.0, 1.0]]),
        "owners": np.arange(2, dtype=np.int32),
        "lookups": [(np.zeros((3, 3)), np.zeros(3, bool), np.zeros(2, np.uint8))],
        "room": 2.0,
        "cutoff": np.inf,
        "segment": np.zeros(2, np.uint32),
        "runner_up": np.zeros(2, np.uint32),
        "confidence": np.zeros(2),
    }


@pytest.mark.parametrize("wrong", [
    {"rows": 3},
    {"spans": np.array([[0, 0, 2, 2]], np.int32)},
    {"spans": np.array([[0, 0, 0, 0]], np.int32)},
    {"spans": np.array([[0, -1, 1, 1]], np.int32)},
    {"spans": np.array([[2, 0, 1, 1]], np.int32)},
    {"spans": np.array([[9, 0, 1, 1]], np.int32)},
    {"spans": np.array([[0, 0, 1, 1]])},
    {"numbers": np.zeros(5)},
    {"columns": [np.zeros(1)]},
    {"columns": [np.zeros((2, 2))]},
    {"columns": [np.array(["a", "b"])]},
    {"columns": [np.zeros(2, np.complex128)]},
    {"most": np.ones(0)},
    {"weights": np.zeros((1, 3))},
    {"weights": np.zeros((2, 2), np.float32)},
    {"owners": np.array([1, 0], np.int32)},
    {"owners": np.array([0, 2], np.int32)},
    {"owners": np.array([0, 0], np.int32)},
    {"owners": np.zeros(0, np.int32)},
    {"lookups": [(np.zeros(2), np.zeros(3, bool), np.zeros(2, np.uint8))]},
    {"lookups": [(np.zeros((3, 3)), np.zeros(2, bool), np.zeros(2, np.uint8))]},
    {"lookups": [(np.zeros((3, 3)), np.zeros(3, bool), np.zeros(1, np.uint8))]},
    {"lookups": [(np.zeros((3, 3)), np.zeros(3, bool), np.zeros(4, np.uint8)[::2])]},
    {"lookups": [(np.zeros((3, 3)), np.zeros(3, bool), np.zeros(2))]},
    {"segment": np.zeros(1, np.uint32)},
    {"segment": np.zeros(2, np.uint16)},
    {"confidence": np.zeros(2, np.float32)},
    {"runner_up": np.zeros(4, np.uint32)[::2]},
])  # fmt: skip
def test_the_kernel_refuses_what_it_would_read_beyond(wrong):
    """Every array is looked at before it is used; what is right is taken."""
    assert blocks._kernel.place(*_told().values()) is True
    with pytest.raises(ValueError):  # noqa: PT011
        blocks._kernel.place(*{**_told(), **wrong}.values())


def test_a_place_beyond_a_lookup_is_that_of_its_last_value():
    """Nothing outside of the table is read."""
    told = _told()
    added = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, -6.0, 6.0]])
    told["lookups"] = [(added, np.zeros(3, bool), np.array([1, 200], np.uint8))]
    blocks._kernel.place(*told.values())
    assert told["segment"].tolist() == [0, 1]
