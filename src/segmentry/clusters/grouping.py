"""What a method hands over: its own labels, the one rule that stands for them, and how the two differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from segmentry.clusters.kmeans import Clustering
from segmentry.features.recipe import GRID, LIMIT, Recipe, axis_reach
from segmentry.prototypes.assign import nearest
from segmentry.prototypes.rule import Rule


@dataclass(frozen=True)
class Layout:
    """What the grid's axes are: how far each reaches, and which of them are the levels of one category."""

    reach: tuple[int, ...]
    categories: tuple[tuple[int, int], ...] = ()  # first and one past the last axis of each

    @classmethod
    def of(cls, recipe: Recipe) -> Layout:
        start, categories = len(recipe.scales), []
        for part in recipe.levels:
            categories.append((start, start + len(part.levels)))
            start += len(part.levels)
        return cls(axis_reach(recipe), tuple(categories))

    @classmethod
    def numeric(cls, axes: int) -> Layout:
        """Axes of numbers only."""
        return cls((LIMIT * GRID,) * axes)

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(str(place) for place in range(len(self.reach)))


class Method(Protocol):
    """Rows on the grid in, a grouping out. A method that finds the number of groups itself ignores `k`."""

    @property
    def name(self) -> str: ...

    @property
    def needs_k(self) -> bool: ...

    def search(self, grid: np.ndarray, k: int, seed: int) -> Clustering | Grouping: ...


@dataclass(frozen=True)
class Grouping:
    """A method's answer. Groups are numbered in the order of their prototypes; -1 is noise.

    `changed` is the share of the rows the method saw whom the rule places elsewhere than the method did; None when
    the method found no groups, so that there is nothing to place.
    """

    rule: Rule  # axes and owners are numbers
    labels: np.ndarray  # of every row, by the rule
    own_labels: np.ndarray  # of the rows that the method saw, by the method
    rows: np.ndarray  # places of those rows
    sizes: tuple[int, ...]
    inertia: int  # squared grid steps to the rounded mean of the own group, noise aside
    changed: float | None
    bic: float | None = None  # where the method has a likelihood; smaller is better

    @property
    def k(self) -> int:
        return len(self.sizes)


def ruled(
    grid: np.ndarray, rule: Rule, own_labels: np.ndarray, rows: np.ndarray, *, bic: float | None = None
) -> Grouping:
    """The grouping that a rule makes of all rows; groups that nobody falls into are left out of the rule."""
    placed = nearest(rule, grid)
    used = sorted({int(rule.owners[p]) for p in np.unique(placed[placed >= 0])})
    if len(used) < len(rule.segments):
        rule, own_labels = _without_empty(rule, used, own_labels)
        placed = nearest(rule, grid)
    owner = np.array([int(o) for o in rule.owners])
    labels = np.where(placed < 0, -1, owner[placed])
    sizes = tuple(int(n) for n in np.bincount(labels[labels >= 0], minlength=len(used)))
    changed = float((labels[rows] != own_labels).mean()) if (own_labels >= 0).any() else None
    return Grouping(rule, labels, own_labels, rows, sizes, _inertia(grid, labels), changed, bic)


def _without_empty(rule: Rule, used: Sequence[int], own_labels: np.ndarray) -> tuple[Rule, np.ndarray]:
    new = {str(old): str(place) for place, old in enumerate(used)}
    kept = [p for p, owner in enumerate(rule.owners) if owner in new]
    smaller = Rule(
        rule.axes,
        tuple(rule.offsets[p] for p in kept),
        tuple(rule.weights[p] for p in kept),
        tuple(new[rule.owners[p]] for p in kept),
        rule.cutoff,
        rule.pairs,
        tuple(rule.pair_weights[p] for p in kept) if rule.pairs else (),
        rule.scale,
    )
    # -2: a group of the method's that the rule has no place for; its rows count as moved.
    lookup = {int(old): int(place) for old, place in new.items()} | {-1: -1}
    return smaller, np.array([lookup.get(int(label), -2) for label in own_labels])


def _inertia(grid: np.ndarray, labels: np.ndarray) -> int:
    total = 0
    for label in np.unique(labels[labels >= 0]):
        members = grid[labels == label]
        centre = np.floor(members.sum(axis=0) / len(members) + 0.5)
        differences = members - centre
        total += sum(int(column) for column in (differences * differences).sum(axis=0))
    return total
