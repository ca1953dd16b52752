"""Golden questions: the fewest features that place a new customer nearly as well as all of them.

What is not known counts as the usual value, as in scoring, so that the questions work with `score` as it is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from segmentry.features.recipe import GRID, LIMIT, Recipe, Scale
from segmentry.features.sample import evenly_spaced
from segmentry.profiles.questions import GoldenQuestions, QuestionSet
from segmentry.prototypes.assign import nearest, scores, winners
from segmentry.prototypes.rule import Rule

ROWS = 4000
MOST_ASKED = 20  # questions; nobody answers more, and beyond them stand all features
EVERY_SET = 130  # of one size: beyond, the best set with one feature fewer is extended


def find_questions(recipe: Recipe, rule: Rule, grid: np.ndarray) -> GoldenQuestions:
    """For each number of features the set that places most of the sampled rows as all features do."""
    rows = grid[evenly_spaced(len(grid), ROWS)]
    segments = np.array([*(rule.segments.index(owner) for owner in rule.owners), -1])
    truth = segments[nearest(rule, rows)]
    axes = _axes_of(recipe)
    usual = np.array([_usual(scale) for scale in recipe.scales] + [0.0] * (len(recipe.axes) - len(recipe.scales)))
    place = _placing(rule, rows, usual)

    def accuracy(names: Iterable[str]) -> float:
        known = [axis for name in names for axis in axes[name]]
        return float((segments[place(known)] == truth).mean())

    found: list[QuestionSet] = []
    for size in range(1, min(len(axes), MOST_ASKED) + 1):
        before = found[-1].features if found else ()
        tried = list(itertools.combinations(axes, size)) if math.comb(len(axes), size) <= EVERY_SET else [
            (*before, name) for name in axes if name not in before
        ]  # fmt: skip
        best = max(((accuracy(names), names) for names in tried), key=lambda pair: pair[0])
        found.append(QuestionSet(tuple(best[1]), best[0]))
    if len(axes) > MOST_ASKED:
        found.append(QuestionSet(tuple(axes), 1.0))
    return GoldenQuestions(tuple(found), len(rows))


def _placing(rule: Rule, rows: np.ndarray, usual: np.ndarray) -> Callable[[Sequence[int]], np.ndarray]:
    """What gives the winning prototype of each row where only some axes are known."""

    def among_all(known: Sequence[int]) -> np.ndarray:
        told = np.tile(usual, (len(rows), 1))
        told[:, known] = rows[:, known]
        return nearest(rule, told)

    if rule.pairs:
        return among_all
    # A score is a sum over the axes: only what is known differs from the usual. Whole numbers, so to the same digit.
    weights = np.array(rule.weights, dtype=np.float64).T
    start, length = scores(rule, usual[None, :]), float(usual @ usual)
    moved = np.ascontiguousarray((rows - usual).T)
    longer = np.ascontiguousarray((rows * rows - usual * usual).T) if rule.cutoff is not None else moved

    def among_known(known: Sequence[int]) -> np.ndarray:
        return winners(rule, start + moved[known].T @ weights[known], length + longer[known].sum(axis=0))

    return among_known


def _axes_of(recipe: Recipe) -> dict[str, list[int]]:
    axes = {scale.feature.name: [place] for place, scale in enumerate(recipe.scales)}
    place = len(recipe.scales)
    for part in recipe.levels:
        axes[part.feature.name] = list(range(place, place + len(part.levels)))
        place += len(part.levels)
    return axes


def _usual(scale: Scale) -> float:
    return on_grid(scale, scale.fill)


def on_grid(scale: Scale, value: float) -> float:
    """A value of a feature as a whole number on the grid, as scoring computes it.

    Where the logarithm is taken, another library's last digit may fall on the other side of a step.
    """
    if scale.low is not None and scale.high is not None:
        value = min(max(value, scale.low), scale.high)
    if scale.transform == "log1p":
        value = math.log(max(value, 0.0) + 1.0)
    steps = math.floor((value - scale.centre) / scale.scale * GRID + 0.5)
    return float(min(max(steps, -LIMIT * GRID), LIMIT * GRID))
