"""`fit --previous`: segments keep their identity from one run to the next, and what changed is told everywhere."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmentry.samples import sample_marketing, sample_orders
from segmentry.store import load

QUICK = ("--no-pictures", "--stability-pairs", 0)
MARKETING = "marketing_campaign.csv"


@pytest.fixture(scope="module")
def quarters(tmp_path_factory: pytest.TempPathFactory, segmentry: Callable[..., Any]) -> Path:
    """A first fit in `spring`, with a name of the user's own, and next quarter's customers: some have left."""
    folder = tmp_path_factory.mktemp("quarters")
    shop = sample_marketing(800, seed=1)
    shop.write_csv(folder / "old.csv")
    shop.sample(fraction=0.95, seed=2, shuffle=True).write_csv(folder / "new.csv")
    name = ("--name", "s2=Premium <b>loyal</b>")
    done = segmentry("fit", folder / "old.csv", "-o", folder / "spring", "--k", 5, *name, *QUICK)
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="module")
def summer(quarters: Path, segmentry: Callable[..., Any]) -> Any:
    """What a fit of the new customers after that says; its folder is `summer`."""
    model = quarters / "spring" / "segmentation.seg"
    return segmentry("fit", quarters / "new.csv", "--previous", model, "-o", quarters / "summer", *QUICK)


def test_ids_and_own_names_stay(quarters: Path, summer: Any) -> None:
    """The new model has the segments of the old one, with the name that was given, and the terminal says so."""
    assert summer.code == 0, summer.err
    assert "All 5 segments are those of last time; " in summer.out
    before, now = (load(quarters / name / "segmentation.seg") for name in ("spring", "summer"))
    assert {s.id: s.colour for s in now.segments} == {s.id: s.colour for s in before.segments}
    assert (now.segment("s2").name, now.segment("s2").named_by) == ("Premium <b>loyal</b>", "user")


def test_the_outputs_tell_what_changed(quarters: Path, summer: Any) -> None:
    """Report, summary and each customer's row tell of the fit before; names are no markup in the page."""
    assert summer.code == 0
    page = (quarters / "summer" / "report.html").read_text(encoding="utf-8")
    before = load(quarters / "spring" / "segmentation.seg")
    assert f"What changed since {before.recipe.as_of}" in page
    assert "Premium &lt;b&gt;loyal&lt;/b&gt; (s2)" in page
    told = json.loads((quarters / "summer" / "summary.json").read_text(encoding="utf-8"))["succession"]
    assert told["previous_fingerprint"] == before.provenance.fingerprint
    assert told["agreement"] >= 0.95
    with (quarters / "summer" / "customers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[-1] == "previous_segment_id"
    same = sum(row["segment_id"] == row["previous_segment_id"] for row in rows)
    assert same / len(rows) == pytest.approx(told["agreement"])
    old = pl.read_csv(quarters / "spring" / "customers.csv").select("customer_id", "segment_id")
    now = pl.DataFrame(rows).select("customer_id", "previous_segment_id").join(old, on="customer_id")
    by_old_rule = (now["previous_segment_id"] == now["segment_id"]).mean()
    assert by_old_rule == 1.0, "the old rule puts nobody elsewhere on the day that it was made for"


def test_a_settings_file_names_the_model_to_follow(
    quarters: Path, segmentry: Callable[..., Any], tmp_path: Path
) -> None:
    """`previous` stands beside the file as its other files do, `min_agreement` holds, and an option wins over both."""
    (tmp_path / "jobs").mkdir()
    (tmp_path / "spring.seg").write_bytes((quarters / "spring" / "segmentation.seg").read_bytes())
    config = tmp_path / "jobs" / "segmentry.toml"
    config.write_text('previous = "../spring.seg"\nmin_agreement = 0.95\nk = 9\n', encoding="utf-8")
    words = ("fit", quarters / "new.csv", "--config", config, "-o", tmp_path / "out", *QUICK)
    stopped = segmentry(*words)
    assert stopped.code == 1
    assert "error [low-agreement]" in stopped.err
    done = segmentry(*words, "--min-agreement", 0.0)
    assert done.code == 0, done.err
    assert "segments are those of last time" in done.out


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("previous = 5", "previous should be the name of a model file."),
        ('min_agreement = "most"', "min_agreement should be a number from 0 to 1."),
        ("min_agreement = 0.8", "--previous FILE"),
        ('previos = "spring.seg"', "did you mean 'previous'?"),
        ('previous = "nowhere.seg"', "nowhere.seg"),
    ],
)
def test_a_settings_file_that_names_no_model_is_told(
    stated: str, said: str, quarters: Path, segmentry: Callable[..., Any], tmp_path: Path
) -> None:
    """What is wrong is said before anything is read, and nothing is written."""
    (tmp_path / "segmentry.toml").write_text(stated + "\n", encoding="utf-8")
    config = ("--config", tmp_path / "segmentry.toml")
    outcome = segmentry("fit", quarters / "new.csv", *config, "-o", tmp_path / "out", *QUICK)
    assert outcome.code == 1
    assert said in outcome.err
    assert not (tmp_path / "out").exists()


def test_a_bound_that_is_not_kept_leaves_no_output(quarters: Path, segmentry: Callable[..., Any]) -> None:
    """The run ends with 1, says how many would keep their segment, and writes nothing at all."""
    model, there = quarters / "spring" / "segmentation.seg", set(quarters.iterdir())
    words = ("fit", quarters / "new.csv", "--previous", model, "-o", quarters / "blocked", *QUICK)
    outcome = segmentry(*words, "--k", 9, "--min-agreement", 0.95)
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1].startswith("error [low-agreement]: Only ")
    assert "Nothing was written" in outcome.err
    assert set(quarters.iterdir()) == there


def test_a_column_of_the_same_name_keeps_its_cells(quarters: Path, summer: Any, segmentry: Callable[..., Any]) -> None:
    """The labelled table of one fit, fitted again, keeps the columns that it has: ours get a trailing _."""
    assert summer.code == 0
    model = quarters / "summer" / "segmentation.seg"
    again = quarters / "again"
    labelled = quarters / "summer" / "customers.csv"
    outcome = segmentry("fit", labelled, "--previous", model, "-o", again, "--excel", *QUICK)
    assert outcome.code == 0, outcome.err
    with (again / "customers.csv").open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert header[-2:] == ["runner_up_", "previous_segment_id_"]
    assert header[-6] == "previous_segment_id"


def test_errors_say_what_a_following_fit_needs(quarters: Path, segmentry: Callable[..., Any], tmp_path: Path) -> None:
    """A model that is none, a bound alone, a bound that is no share, and orders after customers."""
    model, new = quarters / "spring" / "segmentation.seg", quarters / "new.csv"
    sample_orders(150, seed=0).write_csv(tmp_path / "orders.csv")
    for words, said in [
        ((new, "--previous", new), "is not a segmentation file"),
        ((new, "--min-agreement", 0.8), "--previous FILE"),
        ((new, "--previous", model, "--min-agreement", 80), "Found: 80.0. Pass a number from 0 to 1."),
        (("--orders", tmp_path / "orders.csv", "--previous", model), "this source holds orders"),
    ]:
        outcome = segmentry("fit", *words, "-o", tmp_path / "out", *QUICK)
        assert outcome.code == 1
        assert said in outcome.err
        assert not (tmp_path / "out").exists()


def test_a_real_file_goes_on_with_its_segments(
    shared_data: Path, fitted: Callable[[str], Path], segmentry: Callable[..., Any], tmp_path: Path
) -> None:
    """The customers of a real file in another order: the same segments, nobody moved, nobody warned."""
    header, *lines = (shared_data / MARKETING).read_text(encoding="utf-8").splitlines()
    (tmp_path / "later.csv").write_text("\n".join([header, *reversed(lines)]) + "\n", encoding="utf-8")
    model = fitted(MARKETING) / "segmentation.seg"
    outcome = segmentry("fit", tmp_path / "later.csv", "--previous", model, "-o", tmp_path / "out", *QUICK)
    assert outcome.code == 0, outcome.err
    told = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["succession"]
    assert (told["agreement"], told["new"], told["retired"], told["moves"]) == (1.0, [], [], [])
    assert "low-agreement" not in outcome.err
