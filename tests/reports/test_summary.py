"""`summary.json` is what docs/summary.md says it is, key by key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.samples import sample_orders, write_sample

PAGE = Path(__file__).resolve().parents[2] / "docs" / "summary.md"
# Maps whose keys come from the data, or are the steps of the run.
NAMED_BY_DATA = re.compile(
    r"^(segments\[\]\.means|seconds|peak_memory_mb|stability\.chosen|own_answer\.sizes|value\.standard_errors"
    r"|baskets\.seen|baskets\.compared|over_time\.labels|over_time\.sizes)\.[^.]+"
)
WHOLE = {"own_answer", "stability", "segments[].stability", "value.holdout", "baskets.typical[].first_lift"}


def keys_of(value: object, at: str = "") -> Iterator[str]:
    """The path of every value, with [] for the entries of a list and * for a name from the data."""
    if isinstance(value, dict):
        for name, own in value.items():
            path = f"{at}.{name}" if at else name
            yield from keys_of(own, NAMED_BY_DATA.sub(r"\1.*", path))
    elif isinstance(value, list):
        for own in value:
            yield from keys_of(own, f"{at}[]")
    elif not (value is None and at in WHOLE):
        yield at


def documented() -> set[str]:
    """The paths in the first cells of the page's tables; {a,b} stands for both."""
    cells = re.findall(r"^\| (`.*?`) \|", PAGE.read_text(encoding="utf-8"), re.M)
    return {path for cell in cells for written in re.findall(r"`([^`]+)`", cell) for path in _spelled_out(written)}


def _spelled_out(written: str) -> list[str]:
    found = re.search(r"\{([^}]*)\}", written)
    if found is None:
        return [written]
    return [
        path
        for part in found[1].split(",")
        for path in _spelled_out(written[: found.start()] + part + written[found.end() :])
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, tea_shop_lines: pl.DataFrame) -> set[str]:
    """The keys of seven runs: a table, orders that go on after the as-of date, orders with products that tell segments
    apart, a method with an answer of its own, and fits after others with segments that are new, gone and forgotten."""
    folder = tmp_path_factory.mktemp("runs")
    write_sample("marketing", folder / "customers.csv", 500, 0)
    orders = sample_orders(700, seed=0)
    orders.write_csv(folder / "orders.csv")
    cut = (orders["ordered_at"].max() - timedelta(days=120)).date().isoformat()
    tea_shop_lines.write_csv(folder / "tea.csv")
    tea = "n_orders,spend_share_hot_drinks,spend_share_bakery"
    runs = [
        ["customers.csv"],
        ["--orders", "orders.csv", "--as-of", cut, "--k", "3", "--stability-pairs", "0"],
        ["--orders", "tea.csv", "--features", tea, "--k", "3", "--stability-pairs", "0"],
        ["customers.csv", "--method", "gmm", "--k", "3", "--stability-pairs", "0"],
        ["customers.csv", "--k", "7", "--stability-pairs", "0", "--previous", "out3/segmentation.seg"],
        ["customers.csv", "--k", "2", "--stability-pairs", "0", "--previous", "out4/segmentation.seg"],
        ["customers.csv", "--k", "4", "--stability-pairs", "0", "--previous", "out5/segmentation.seg"],
    ]
    found: set[str] = set()
    for place, words in enumerate(runs):
        given = [str(folder / word) if word.endswith((".csv", ".seg")) else word for word in words]
        out = folder / f"out{place}"
        done = CliRunner().invoke(app, ["fit", *given, "-o", str(out), "--no-pictures", "--quiet"])
        assert done.exit_code == 0, done.output
        found |= set(keys_of(json.loads((out / "summary.json").read_text(encoding="utf-8"))))
    return found


def test_every_key_is_on_the_page(written: set[str]) -> None:
    """Whoever reads a key of a summary finds what it means."""
    assert sorted(written - documented()) == []


def test_every_key_on_the_page_is_written(written: set[str]) -> None:
    """No key is told of that no run has."""
    assert sorted(documented() - written) == []
