"""The fewest features that place a customer nearly as well as all of them."""

from __future__ import annotations

import numpy as np
import pytest

from segmentry.explanations.questions import MOST_ASKED, _placing, find_questions
from segmentry.features.feature import Feature
from segmentry.features.learning import learn_scale
from segmentry.features.recipe import GRID, Recipe
from segmentry.prototypes.assign import kmeans_rule, nearest
from segmentry.prototypes.rule import Rule

N = 60


def recipe(axes: int) -> Recipe:
    values = np.arange(float(N))
    features = [Feature(f"x{i:02}", f"x{i}", "number", "other", "column", (f"x{i:02}",)) for i in range(axes)]
    return Recipe(None, None, (), tuple(learn_scale(f, values) for f in features), (), (), (), N)


def table(axes: int) -> np.ndarray:
    return np.random.default_rng(0).integers(-2 * GRID, 2 * GRID, (N, axes)).astype(float)


def rule(axes: int, cutoff: int | None = None, pairs: bool = False) -> Rule:
    made = kmeans_rule(recipe(axes).axes, np.random.default_rng(1).integers(-GRID, GRID, (3, axes)), ("s1", "s2", "s2"))
    more = {"pairs": ((0, 0), (0, 1)), "pair_weights": ((1, 2), (3, 0), (0, 1))} if pairs else {}
    return Rule(made.axes, made.offsets, made.weights, made.owners, cutoff=cutoff, **more)


@pytest.mark.parametrize(
    "given", [{}, {"cutoff": 9 * GRID * GRID}, {"pairs": True}], ids=["centres", "cut-off", "pairs"]
)
def test_where_little_is_known_the_rest_is_as_usual(given):
    """The winner is that of the whole row with the usual value in the place of what is not known."""
    rows, usual = table(4), np.array([5.0, -70.0, 0.0, 900.0])
    own = rule(4, **given)
    place = _placing(own, rows, usual)
    for known in ([], [2], [0, 3], [0, 1, 2, 3]):
        told = np.where(np.isin(range(4), known), rows, usual)
        assert place(known).tolist() == nearest(own, told).tolist()


def test_of_very_many_features_only_so_many_are_asked():
    """With 24 features there are sets of 1 to 20 and the one of all, which is always right."""
    found = find_questions(recipe(24), rule(24), table(24))
    assert [len(one.features) for one in found.sets] == [*range(1, MOST_ASKED + 1), 24]
    assert found.sets[-1].accuracy == 1.0
    assert found.sets[0].accuracy < found.sets[9].accuracy < 1.0
