"""The battery's tables are what they claim to be, and a few of its cells hold; all of them are for `make battery`."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

import mixed
from battery import (
    BEGIN,
    END,
    FLOORS,
    MIXED,
    NULL_FLOOR,
    ROW_FLOOR,
    SEPARABLE_FLOOR,
    TOLD,
    Judged,
    judge,
    judge_all,
    put,
    shortfalls,
    table,
)
from mixed import make_mixed, n_columns
from planted import (
    APART,
    DIMENSIONS,
    NULLS,
    OVERLAP,
    PLANTED,
    SEPARABLE,
    SEPARATE,
    bayes_error,
    make,
)

ROOT = Path(__file__).parents[2]
RIGHT = Judged("equal", 2, 1, planted=3, error=0.01, taken=3, recommended=None, verdict="natural", seconds=1.0)


@pytest.mark.parametrize(
    ("kind", "dimensions", "seed"),
    [("correlated", 5, 2), ("skewed", 12, 2), ("categories", 8, 14)],
)
def test_tables_without_groups_are_said_to_have_none(kind, dimensions, seed):
    """Neither correlation nor skew passes for groups, nor do categories that have nothing to do with each other."""
    assert judge((kind, dimensions, seed)).verdict == "no groups"


@pytest.mark.parametrize(
    ("kind", "dimensions", "seed"),
    [
        ("unequal", 5, 10),
        ("unequal", 12, 102),
        ("overlapping", 5, 4),
        ("groups of levels", 8, 4),
    ],
)
@pytest.mark.thorough("unequal-12-102", "overlapping-5-4")
def test_the_planted_number_is_taken(kind, dimensions, seed):
    """Two and six of unlike size, five that overlap, and five that only categories tell apart."""
    judged = judge((kind, dimensions, seed))
    assert (judged.taken, judged.recommended) == (judged.planted, None)


def test_a_mixture_is_recommended_for_long_groups():
    """Long groups side by side: k-means cuts across them, and is said to."""
    judged = judge(("elongated", 5, 4))
    assert judged.recommended == judged.planted
    assert judged.verdict in ("reproducible", "constructive")


def test_the_error_of_the_best_rule_is_the_known_one_for_two_groups():
    """Two alike groups at a distance of 4 deviations: the normal distribution below -2."""
    centres, roots = np.array([[0.0, 0.0], [4.0, 0.0]]), np.tile(np.eye(2), (2, 1, 1))
    assert bayes_error(centres, roots, np.array([0.5, 0.5])) == pytest.approx(norm.cdf(-2.0), abs=0.003)
    assert bayes_error(4.0 * centres, roots, np.array([0.5, 0.5]), "skewed") < 1e-3


@pytest.mark.parametrize("kind", [*SEPARATE, "overlapping", "one large"])
def test_groups_overlap_as_much_as_asked_for(kind):
    """The best possible rule errs on just under 1 %, on 5 % where groups are to overlap, on 1 in 1,000 beside a large
    one."""
    wanted = {"overlapping": OVERLAP, "one large": APART}.get(kind, SEPARABLE)
    planted = make(kind, 5, 3)
    assert 0.9 * wanted <= planted.error <= wanted
    assert len(np.unique(planted.labels)) == planted.k


@pytest.mark.parametrize("kind", mixed.PLANTED)
def test_groups_with_levels_overlap_as_much_as_asked_for(kind):
    """The best possible rule errs on just under 1 % of these too, whatever tells the groups apart."""
    drawn = make_mixed(kind, 6)
    assert 0.8 * SEPARABLE <= drawn.error <= SEPARABLE
    assert drawn.k == len(np.unique(drawn.labels)) == 6
    assert len(drawn.columns) == n_columns(kind) + 1


def test_in_tables_without_groups_only_the_leaning_category_goes_with_a_number():
    """An income rises from one occupation to the next; where nothing leans, it is the same for every level."""

    def rise(kind, category):
        columns = make_mixed(kind, 0, rows=4000).columns
        means = [columns["income"][columns[category] == level].mean() for level in np.unique(columns[category])]
        return np.ptp(means) / columns["income"].std()

    assert rise("leaning category", "occupation") > 1.5
    assert rise("mixed", "city") < 0.2


def test_beside_a_large_group_all_others_are_small():
    """Each has one customer in 25, whatever their number."""
    planted = make("one large", 5, 8)
    counts = sorted(np.bincount(planted.labels))
    assert counts == [32] * 7 + [800 - 7 * 32]


def test_a_share_below_its_floor_is_told():
    """Nine of ten right rows hold; a wrong half does not; a recommendation where there is nothing is wrong."""
    wrong = replace(RIGHT, taken=4)
    assert shortfalls([RIGHT] * 9 + [wrong]) == []
    assert len(shortfalls([RIGHT, wrong])) == 2
    assert replace(wrong, recommended=3).right
    none = replace(RIGHT, kind=NULLS[0], planted=1, taken=1)
    assert none.right
    assert not replace(none, recommended=2).right


def test_a_run_that_was_broken_off_goes_on(tmp_path):
    """What is kept is not drawn again; what is missing is, and is kept as well."""
    keep = tmp_path / "tables.jsonl"
    keep.write_text(json.dumps(asdict(RIGHT)) + "\n")
    assert judge_all([("equal", 2, 1)], 1, keep) == [RIGHT]
    kept, drawn = judge_all([("equal", 2, 1), ("uniform", 2, 0)], 1, keep)
    assert (kept, drawn.verdict) == (RIGHT, "no groups")
    assert [json.loads(line)["kind"] for line in keep.read_text().splitlines()] == ["equal", "uniform"]


def test_the_table_has_a_row_a_cell_and_goes_between_the_marks(tmp_path):
    """What was wrong stands in its row; the rest of the page stays."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    put(table([RIGHT, replace(RIGHT, taken=4, seed=3), replace(RIGHT, dimensions=5)]) + "\n", page)
    text = page.read_text()
    assert "| equal | 2 | 1 of 2 | 0 | 0 | 3: 4 |" in text
    assert "| equal | 5 | 1 of 1 |" in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text


def test_the_page_shows_every_cell_at_its_floor_or_above():
    """The table of the last run is whole, and reaches the floors that the README and the page state."""
    shown = (ROOT / "docs" / "choosing-k.md").read_text().split(BEGIN)[1].split(END)[0]
    cells = {
        (kind, int(d)): (int(right), int(of))
        for kind, d, right, of in re.findall(r"^\| ([\w -]+) \| (\d+) \| (\d+) of (\d+) \|", shown, re.MULTILINE)
    }
    of_numbers = {(kind, d) for kind in (*NULLS, *PLANTED) for d in DIMENSIONS}
    assert set(cells) == of_numbers | {(kind, n_columns(kind)) for kind in MIXED}
    assert all(of == 16 for _, of in cells.values())
    assert all(right / of >= ROW_FLOOR for (kind, _), (right, of) in cells.items() if kind not in TOLD)
    for _, kinds, floor in FLOORS:
        right, of = np.sum([cell for (kind, _), cell in cells.items() if kind in kinds], axis=0)
        assert right / of >= floor
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert f"at least {NULL_FLOOR:.0%} of those without groups".replace("%", " %") in readme
    assert f"at least {SEPARABLE_FLOOR:.0%} of those with separable ones".replace("%", " %") in readme
