"""Why one customer is where they are, and what would move them."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import segmentry as sg
from segmentry.cli import app
from segmentry.errors import SettingsError
from segmentry.explanations import explain
from segmentry.explanations.customer import values_of
from segmentry.features.recipe import GRID
from segmentry.prototypes.assign import scores
from segmentry.prototypes.rule import Rule
from segmentry.samples import sample_marketing
from segmentry.scoring import score, score_one
from segmentry.segmentation import Segmentation
from segmentry.tables import read


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    frame = sample_marketing(600, seed=5)
    return frame.collect() if isinstance(frame, pl.LazyFrame) else frame


@pytest.fixture(scope="module")
def model(shop: pl.DataFrame) -> Segmentation:
    return sg.fit(shop, k=4)


def ids(shop: pl.DataFrame, model: Segmentation) -> list[str]:
    return [str(i) for i in shop[str(model.recipe.id_column)].to_list()[::75]]


def test_the_change_moves_them(model: Segmentation, shop: pl.DataFrame) -> None:
    """Applied and scored anew, every suggested change leads to the segment that was said, and never touches age."""
    table, moved = read(shop), 0
    for customer in ids(shop, model):
        values = values_of(model, table, customer)
        found = sg.explain(model, values)
        if found.change is None:
            continue
        moved += 1
        fixed = {f.name for f in model.recipe.clustered if f.theme in ("age", "tenure")}
        assert not fixed & set(found.change.values)
        after = score_one(model, {**values, **found.change.values})
        assert after["segment_id"] == found.change.segment != found.segment_id
    assert moved >= 5


def read_back(words: str, label: str) -> float:
    """The figure that the words give a feature, as a reader would type it."""
    found = re.search(rf"{re.escape(label.lower())} of \$?(-?[\d,.]*\d)( %)?", words.lower())
    assert found, (words, label)
    return float(found[1].replace(",", "")) / (100 if found[2] else 1)


def test_the_values_told_lead_where_it_says() -> None:
    """Typed in as they are told, the values of a change lead to the segment that it names: no digit is lost.

    The features are a share in tenths, large amounts far from 0, small rates, and counts.
    """
    drawn = np.random.default_rng(0)
    shop = pl.DataFrame(
        {
            "open_share": drawn.beta(2, 3, 600),
            "spend_total": 2_000_000 + drawn.gamma(2, 300, 600),
            "click_rate": drawn.gamma(3, 0.002, 600),
            "visits_web": drawn.poisson(5, 600),
        }
    )
    model = sg.fit(shop, features=shop.columns, k=4)
    labels = {f.name: f.label for f in model.recipe.clustered}
    told = set()
    for row in shop.head(60).iter_rows(named=True):
        change = sg.explain(model, row).change
        assert change is not None
        values = {name: read_back(change.words, labels[name]) for name in change.values}
        assert score_one(model, {**row, **values})["segment_id"] == change.segment, change.words
        told |= values.keys()
    assert told >= {"open_share", "spend_total", "click_rate"}


def test_explaining_agrees_with_scoring(model: Segmentation, shop: pl.DataFrame) -> None:
    """A customer found by id has the segment, confidence and runner-up that scoring the table gives."""
    scored = score(model, shop)
    rows = {str(r[str(model.recipe.id_column)]): r for r in scored.iter_rows(named=True)}
    for customer in ids(shop, model)[:6]:
        found = explain(model, values_of(model, read(shop), customer))
        assert found.segment_id == rows[customer]["segment_id"]
        assert found.runner_up == rows[customer]["runner_up"]
        assert found.confidence == pytest.approx(rows[customer]["confidence"])


def test_the_border_is_where_the_report_says(model: Segmentation, shop: pl.DataFrame) -> None:
    """A customer is told to stand on the border exactly where the report counts them there."""
    scored = score(model, shop).sort("confidence")
    below = scored.filter(pl.col("confidence") < 0.1)
    assert model.evidence is not None
    assert sum(w.border for w in model.evidence.switches) == len(below) > 0
    doubtful = scored.filter(pl.col("confidence").is_between(0.1, 0.2))
    for rows, said in ((below.tail(3), "on the border"), (doubtful.head(3), "with some doubt")):
        for customer in rows[str(model.recipe.id_column)]:
            assert f"Placed {said} (" in explain(model, values_of(model, read(shop), str(customer))).words


def test_contributions_add_up(model: Segmentation, shop: pl.DataFrame) -> None:
    """What the features say, added up, is the lead of the segment over the runner-up."""
    from segmentry.explanations.customer import _prepared

    values = values_of(model, read(shop), ids(shop, model)[0])
    found = explain(model, values)
    lead = scores(model.rule, _prepared(model, values)[1][None, :])[0] / GRID**2
    by_owner = dict(zip(model.rule.owners, lead, strict=True))
    assert sum(p.pull for p in found.parts) == pytest.approx(
        by_owner[str(found.runner_up)] - by_owner[found.segment_id]
    )


def test_only_what_is_named_changes(model: Segmentation, shop: pl.DataFrame) -> None:
    """The features that may change can be stated; one that the segments do not rest on is an error."""
    values = values_of(model, read(shop), ids(shop, model)[1])
    name = model.recipe.clustered[0].name
    found = explain(model, values, changeable=[name])
    assert found.change is None or set(found.change.values) == {name}
    with pytest.raises(SettingsError, match="do not rest"):
        explain(model, values, changeable=["shoe_size"])


def test_circumstances_are_told_of_last(model: Segmentation, shop: pl.DataFrame) -> None:
    """A change of income, alone or beside another, is told only where nothing else moves the customer."""
    deeds = [f.name for f in model.recipe.clustered if f.name not in ("age", "income")]
    told = []
    for customer in ids(shop, model):
        values = values_of(model, read(shop), customer)
        for others in ([], deeds[:2]):
            plain = explain(model, values, changeable=others).change
            found = explain(model, values, changeable=[*others, "income"]).change
            if plain is not None:
                assert found == plain
            elif found is not None:
                assert found.circumstances
                assert "income" in found.values
                told.append(len(found.values))
    assert set(told) == {1, 2}


def test_nothing_is_tried_twice(model: Segmentation, shop: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no change moves a customer, each set of one or two features was tried once, circumstances or not."""
    tried: list[int] = []

    def stays(rule: Rule, rows: np.ndarray) -> np.ndarray:
        tried.append(len(rows))
        return np.repeat(found.segment_id, len(rows))

    values = values_of(model, read(shop), ids(shop, model)[0])
    found = explain(model, values)
    monkeypatch.setattr("segmentry.explanations.customer.segment_of", stays)
    for names, sets in ((["spend_total"], 1), (["income"], 1), (["spend_total", "income"], 3)):
        tried.clear()
        assert explain(model, values, changeable=names).change is None
        assert len(tried) == sets


def test_a_customer_without_data_is_no_crash(model: Segmentation) -> None:
    """Nothing known: no segment, no change, and it says so."""
    found = explain(model, {})
    assert found.segment_id == "no-data"
    assert found.change is None


def test_an_unknown_id_is_said_without_repeating_it(model: Segmentation, shop: pl.DataFrame) -> None:
    """The error does not print the id that was typed."""
    with pytest.raises(SettingsError) as error:
        values_of(model, read(shop), "Anna.Example@mail")
    assert "Anna" not in str(error.value)


def test_command_line(model: Segmentation, shop: pl.DataFrame, tmp_path) -> None:
    """`explain` gives rules, SQL, or one customer of a file."""
    path, customers = tmp_path / "m.seg", tmp_path / "customers.csv"
    sg.save(model, path)
    shop.write_csv(customers)
    run = CliRunner()
    rules = run.invoke(app, ["explain", str(path)])
    assert rules.exit_code == 0, rules.output
    assert "Golden questions" in rules.output
    sql = run.invoke(app, ["explain", str(path), "--sql", "duckdb"])
    assert "CASE WHEN" in sql.output
    one = run.invoke(app, ["explain", str(path), "--id", ids(shop, model)[2], "--customers", str(customers)])
    assert one.exit_code == 0, one.output
    assert "What each feature says" in one.output
    as_json = run.invoke(app, ["explain", str(path), "--set", "age=41", "--json"])
    assert '"runner_up"' in as_json.output
    assert run.invoke(app, ["explain", str(path), "--id", "C1"]).exit_code == 2
    assert run.invoke(app, ["explain", str(path), "--sql", "duckdb", "--set", "age=41"]).exit_code == 2


def test_a_mixture_is_explained_too(shop: pl.DataFrame) -> None:
    """With a rule that weighs pairs of features, the parts still speak, and a change still moves the customer."""
    mixture = sg.fit(shop, k=3, method="gaussian-mixture")
    values = values_of(mixture, read(shop), ids(shop, mixture)[0])
    found = explain(mixture, values)
    assert max(abs(p.pull) for p in found.parts) > 0.01
    if found.change is not None:
        assert score_one(mixture, {**values, **found.change.values})["segment_id"] == found.change.segment


@pytest.mark.parametrize("place", [sg.score, sg.score_one, sg.explain])
def test_a_model_file_must_be_loaded_first(place, shop: pl.DataFrame) -> None:
    """The name of a model file in the model's place is an error that says what to do, as is anything else."""
    with pytest.raises(SettingsError, match=r"sg\.load\('model\.seg'\)"):
        place("model.seg", shop.row(0, named=True))
    with pytest.raises(SettingsError, match=r"not a segmentation.*DataFrame.*sg\.fit or sg\.load"):
        place(shop, shop.row(0, named=True))


def test_a_whole_row_is_placed_and_explained(model: Segmentation, shop: pl.DataFrame) -> None:
    """The id and columns that are only described are ignored, as in a table; a name never seen is refused."""
    expected = score(model, shop.head(5))["segment_id"].to_list()
    rows = list(shop.head(5).iter_rows(named=True))
    assert rows[0].keys() > model.recipe.needed | {model.recipe.id_column}
    assert [score_one(model, row)["segment_id"] for row in rows] == expected
    assert [sg.explain(model, row).segment_id for row in rows] == expected
    with pytest.raises(SettingsError, match="'favourite_colour' is neither"):
        score_one(model, {**rows[0], "favourite_colour": "red"})
