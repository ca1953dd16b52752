"""Tables of customers with categories and a known truth, as a file has them: texts, yes and no, and numbers.

Without groups, everything is independent, or one category goes with one number. With groups, each has its own
probabilities of the levels or its own means of the numbers; within a group everything is independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from planted import NUMBERS, ROWS, SEPARABLE, TRIALS, apart, halved

NULLS = ("mixed", "categories", "leaning category", "lopsided flags")
SEPARATE = ("mixed groups", "groups of levels")  # every column has a part in them
HIDDEN = ("groups beside categories", "groups of levels beside numbers")  # what they stand beside has no part in them
PLANTED = (*SEPARATE, *HIDDEN)
ALONE = ("categories", "groups of levels")  # tables without numbers
CATEGORIES = {
    "city": ("Bonn", "Graz", "Kiel", "Linz", "Ulm"),
    "channel": ("phone", "store", "web"),
    "payment": ("card", "cash", "invoice", "transfer"),
    "marital_status": ("divorced", "married", "single", "widowed"),
    "device": ("desktop", "mobile", "tablet"),
    "sport": ("cycling", "football", "hiking", "swimming", "tennis", "yoga"),
    "newsletter": ("no", "yes"),
    "club_card": ("no", "yes"),
}
AMOUNTS = {"age": (45.0, 9.0), "income": (52_000.0, 9_000.0), "total_spend": (900.0, 150.0)}  # mean and spread
EDUCATION = ("High school", "Bachelor", "Master", "PhD")  # has an order; that of OCCUPATION is not known
OCCUPATION = ("clerk", "trade", "nursing", "teaching", "law")
STEP = 0.7  # of a number from one level to the next of the category that goes with it, in standard deviations
RARE = 0.03  # the share that say yes to a lopsided flag
PLAIN = 0.5  # how much a group prefers one level, where its numbers tell it apart as well
_OWN = 77  # no draw is one of those in `planted.py`


@dataclass(frozen=True)
class Mixed:
    """A table by columns and what is in it: `k` is 1 where there are no groups; `error` is that of the best rule."""

    kind: str
    seed: int
    columns: dict[str, np.ndarray]
    labels: np.ndarray
    k: int
    error: float


def n_columns(kind: str) -> int:
    """Of a table of that kind, without the customer's id."""
    return len(make_mixed(kind, 0, rows=50).columns) - 1


def make_mixed(kind: str, seed: int, rows: int = ROWS) -> Mixed:
    """The table of a kind and a seed: always the same one."""
    random = np.random.default_rng([seed, (*NULLS, *PLANTED).index(kind), _OWN])
    if kind in NULLS:
        columns = _without_groups(kind, seed, rows, random)
        return Mixed(kind, seed, _as_file(columns, rows), np.zeros(rows, dtype=int), 1, 0.0)
    return _with_groups(kind, seed, rows, random)


def _without_groups(kind: str, seed: int, rows: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    other = seed // 2 % 2 == 1  # every second table of a kind is its other form
    if kind == "categories":
        return _drawn(CATEGORIES, rows, random)
    columns = _amounts(rows, other, random)
    if kind == "lopsided flags":
        shares = {"newsletter": 0.5, "club_card": 0.5, "complained": RARE, "has_pet": RARE}
        return columns | {name: _texts(("no", "yes"), random.random(rows) < share) for name, share in shares.items()}
    if kind == "leaning category":
        name, levels = ("education", EDUCATION) if other else ("occupation", OCCUPATION)
        place = random.choice(len(levels), rows, p=_common(len(levels), random))
        columns["income"] = _of_amount("income", STEP * place + random.normal(0.0, 1.0, rows))
        columns[name] = _texts(levels, place)
        return columns | _drawn(("city", "channel", "newsletter"), rows, random)
    return columns | _drawn(("city", "channel", "payment", "marital_status", "newsletter"), rows, random)


def _amounts(rows: int, skewed: bool, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Age, and income and spend that are skewed in every second table."""
    noise = random.normal(0.0, 1.0, (rows, 3))
    columns = {name: _of_amount(name, noise[:, place]) for place, name in enumerate(AMOUNTS)}
    if skewed:
        columns |= {"income": 40_000.0 * np.exp(0.5 * noise[:, 1]), "total_spend": random.gamma(1.5, 400.0, rows)}
    return columns


def _of_amount(name: str, standard: np.ndarray) -> np.ndarray:
    mean, spread = AMOUNTS[name]
    return np.round(mean + spread * standard, 2)


def _texts(levels: Sequence[str], places: np.ndarray) -> np.ndarray:
    return np.array(levels, dtype=object)[places.astype(int)]


def _drawn(names: Sequence[str], rows: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Categories that have nothing to do with anything."""
    sizes = {name: len(CATEGORIES[name]) for name in names}
    return {n: _texts(CATEGORIES[n], random.choice(size, rows, p=_common(size, random))) for n, size in sizes.items()}


def _common(levels: int, random: np.random.Generator) -> np.ndarray:
    """How common each level is among all: the commonest may have three times as many as another."""
    shares = random.uniform(1.0, 3.0, levels)
    return shares / shares.sum()


def _as_file(columns: dict[str, np.ndarray], rows: int) -> dict[str, np.ndarray]:
    return {"customer_id": np.array([f"C{place:05d}" for place in range(rows)], dtype=object), **columns}


@dataclass(frozen=True)
class _Groups:
    """What tells the groups apart: means of the numbers, and of each category the probabilities of its levels."""

    centres: np.ndarray  # (groups, numbers), in standard deviations
    chances: tuple[np.ndarray, ...]  # (groups, levels) of each category

    def draw(self, labels: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Numbers, and the place of the level in each category."""
        numbers = self.centres[labels] + random.normal(0.0, 1.0, (len(labels), self.centres.shape[1]))
        places = [
            (random.random(len(labels))[:, None] > chances.cumsum(axis=1)[labels, :-1]).sum(axis=1)
            for chances in self.chances
        ]
        return numbers, np.array(places, dtype=int).reshape(len(self.chances), len(labels))

    def error(self) -> float:
        """Share of a large draw that the rule with full knowledge of the groups, all equally common, puts wrongly."""
        random = np.random.default_rng(0)
        labels = np.arange(TRIALS) % len(self.centres)
        numbers, places = self.draw(labels, random)
        scores = -((numbers[:, None, :] - self.centres) ** 2).sum(axis=2) / 2.0
        for chances, place in zip(self.chances, places, strict=True):
            scores += np.log(np.maximum(chances, 1e-12)).T[place]
        return float((scores.argmax(axis=1) != labels).mean())


def _with_groups(kind: str, seed: int, rows: int, random: np.random.Generator) -> Mixed:
    """Groups alike in size, just so far apart that the best rule errs on SEPARABLE."""
    k = NUMBERS[seed // 2 % len(NUMBERS)]
    of_levels = "levels" in kind
    names = list(CATEGORIES) if of_levels else list(CATEGORIES)[:5]
    amounts = [] if kind in ALONE else list(AMOUNTS)
    centres = apart(k, 3, random)[:, : len(amounts)]
    common = [_common(len(CATEGORIES[name]), random) for name in names]
    preferred = _codes(k, [len(levels) for levels in common], random)

    def groups(strength: float) -> _Groups:
        if of_levels:
            return _Groups(0.0 * centres, _preferring(common, preferred, strength))
        return _Groups(strength * centres, _preferring(common, preferred, PLAIN if kind == "mixed groups" else 0.0))

    most = 1.0 if of_levels else None
    strength, error = halved(lambda strength: groups(strength).error(), SEPARABLE, most)
    labels = random.permutation(np.arange(rows) % k)
    numbers, places = groups(strength).draw(labels, random)
    columns = {name: _of_amount(name, numbers[:, place]) for place, name in enumerate(amounts)}
    columns |= {name: _texts(CATEGORIES[name], place) for name, place in zip(names, places, strict=True)}
    return Mixed(kind, seed, _as_file(columns, rows), labels, k, error)


def _preferring(common: Sequence[np.ndarray], preferred: np.ndarray, strength: float) -> tuple[np.ndarray, ...]:
    """How likely each group has each level: its own with that strength, else any, as common as it is among all."""
    return tuple(
        (1.0 - strength) * levels + strength * np.eye(len(levels))[places]
        for levels, places in zip(common, preferred.T, strict=True)
    )


def _codes(k: int, levels: Sequence[int], random: np.random.Generator) -> np.ndarray:
    """The level each group prefers in each category, of some draws those whose closest pair shares the fewest."""
    best, most = np.zeros((k, len(levels)), dtype=int), -1.0
    for _ in range(50):
        codes = np.column_stack([random.permutation(np.arange(k) % size) for size in levels])
        differ = (codes[:, None] != codes[None]).sum(axis=2)[np.triu_indices(k, 1)]
        if differ.min() + differ.mean() / 100.0 > most:
            best, most = codes, float(differ.min() + differ.mean() / 100.0)
    return best
