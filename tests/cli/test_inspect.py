"""`segmentry inspect` from the shell, and its settings in a fit."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segmentry.cli import app
from segmentry.cli.config import following, settings_from
from segmentry.errors import OutputError
from segmentry.samples import write_sample

FILES = (
    "marketing_campaign.csv",
    "customer_segmentation.csv",
    "Mall_Customers.csv",
    "E-commerce Customer Behavior - Sheet1.csv",
)


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "customers.csv"
    write_sample("marketing", path, 300, 0)
    return path


@pytest.mark.parametrize("name", FILES)
@pytest.mark.thorough("customer_segmentation.csv")
def test_the_unedited_settings_change_nothing(name: str, shared_data: Path, tmp_path: Path) -> None:
    """A fit with the settings that an inspection wrote gives the same model, byte for byte, as one without."""
    source = shared_data / name
    run("inspect", source, "-o", tmp_path / "look", "--quiet")
    run("fit", "--no-pictures", source, "--k", 3, "-o", tmp_path / "plain", "--quiet")
    run(
        "fit",
        "--no-pictures",
        source,
        "--k",
        3,
        "--config",
        tmp_path / "look" / "segmentry.toml",
        "-o",
        tmp_path / "told",
        "--quiet",
    )
    models = [(tmp_path / part / "segmentation.seg").read_bytes() for part in ("plain", "told")]
    assert models[0] == models[1]


def test_an_edited_role_has_its_effect(shop: Path, tmp_path: Path) -> None:
    """A role that is changed in the file is the role of the next fit, with what follows from it."""
    run("inspect", shop, "-o", tmp_path / "look", "--quiet")
    settings = tmp_path / "look" / "segmentry.toml"
    text = settings.read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith('# "income" = "income"'))
    settings.write_text(text.replace(line, '"income" = "text"'), encoding="utf-8")
    told = json.loads(run("inspect", shop, "--config", settings, "--json"))
    assert next(c for c in told["columns"] if c["column"] == "income")["role"] == "text"
    assert "income" not in told["features"]
    run("inspect", shop, "--config", settings, "-o", tmp_path / "again", "--quiet")
    assert '\n"income" = "text"' in (tmp_path / "again" / "segmentry.toml").read_text("utf-8")


def test_an_edited_role_changes_the_segments(shared_data: Path, tmp_path: Path) -> None:
    """Someone who corrects a role in the file written by a look gets another fit: the column plays its new part."""
    source = shared_data / "marketing_campaign.csv"
    run("inspect", source, "-o", tmp_path / "look", "--quiet")
    settings = tmp_path / "look" / "segmentry.toml"
    text = settings.read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith('# "Recency" = "recency_days"'))
    settings.write_text(text.replace(line, '"Recency" = "text"'), encoding="utf-8")
    run("fit", "--no-pictures", source, "--k", 3, "-o", tmp_path / "plain", "--quiet")
    run("fit", "--no-pictures", source, "--k", 3, "--config", settings, "-o", tmp_path / "edited", "--quiet")
    plain, edited = (json.loads((tmp_path / part / "summary.json").read_text("utf-8")) for part in ("plain", "edited"))
    assert "recency_days" in plain["segments"][0]["means"]
    assert "recency_days" not in edited["segments"][0]["means"]
    assert [s["size"] for s in plain["segments"]] != [s["size"] for s in edited["segments"]]


def test_without_a_folder_nothing_is_written(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal shows rows, roles, findings and what next, no wider than 80 columns but for a command."""
    monkeypatch.chdir(tmp_path)
    text = run("inspect", shop)
    assert list(tmp_path.iterdir()) == []
    assert "300 rows read from customers.csv, none rejected." in text
    assert "birth_year" in text
    assert "Good to know" in text
    assert "Next: segmentry inspect" in text
    assert all(len(line) <= 80 for line in text.split("Next:")[0].splitlines())


def test_what_does_not_look_like_orders_is_looked_at_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders whose customers do not come back are inspected as what they are, and the fit that is named next runs."""
    monkeypatch.chdir(tmp_path)
    rows = [f"o{i},c{i},2026-01-{1 + i % 28:02},{5 + i % 9}.50" for i in range(60)]
    Path("orders.csv").write_text("\n".join(["order_id,customer_id,order_date,total", *rows, ""]))
    assert "A row is a purchase" not in run("inspect", "orders.csv")
    text = run("inspect", "--orders", "orders.csv", "-o", "look")
    assert "A row is a purchase" in text
    assert "If each row is a customer" not in text
    assert "segmentry fit --orders orders.csv --config look/segmentry.toml -o segments/" in text
    assert "fit --orders orders.csv --config" in Path("look/segmentry.toml").read_text()
    refused = CliRunner().invoke(app, ["inspect", "orders.csv", "--orders", "orders.csv"])
    assert refused.exit_code == 2


def test_json_holds_columns_and_findings(shop: Path) -> None:
    """For machines: every column, every finding with code, figures and remedy, and nothing else on the way."""
    told = json.loads(run("inspect", shop, "--json"))
    assert told["rows_read"] == 300
    assert told["id"] == "customer_id"
    assert {"code", "severity", "columns", "message", "remedy", "figures"} == set(told["findings"][0])


def test_existing_files_are_kept_unless_asked(shop: Path, tmp_path: Path) -> None:
    """A second look into one folder is refused before any work, and done with --overwrite."""
    run("inspect", shop, "-o", tmp_path / "look", "--quiet")
    result = CliRunner().invoke(app, ["inspect", str(shop), "-o", str(tmp_path / "look")])
    assert isinstance(result.exception, OutputError)
    run("inspect", shop, "-o", tmp_path / "look", "--overwrite", "--quiet")


def test_text_from_the_data_cannot_command_the_terminal(tmp_path: Path) -> None:
    """Escape sequences in a column name or a level arrive as replacement characters."""
    path = tmp_path / "odd.csv"
    rows = "".join(f"{i},{'x' if i % 2 else 'X'},{i % 7}\n" for i in range(100, 160))
    path.write_text(f"id,to\x9b31mwn,spend\n{rows}", encoding="utf-8")
    text = run("inspect", path)
    assert "\x9b" not in text


def test_settings_that_an_inspection_says_nothing_of_stay_in_force(shop: Path, tmp_path: Path) -> None:
    """What was stated in the file of an earlier look is stated in the new one: another look changes no fit."""
    (tmp_path / "grid.toml").write_bytes((resources.files("segmentry.clusters.rfm") / "ten.toml").read_bytes())
    (tmp_path / "mine.toml").write_bytes((resources.files("segmentry.profiles") / "playbook.toml").read_bytes())
    first = tmp_path / "segmentry.toml"
    first.write_text(
        'k = "3-5"\nmethod = "gmm"\nmin_size = 20\nmax_size = 200\nstability_pairs = 3\nplaybook = "mine.toml"\n'
        'rfm_grid = "grid.toml"\nprevious = "spring.seg"\nmin_agreement = 0.8\n'
        "[value]\nhorizon_days = 90\nmargin = 0.3\n[orders]\ncategories = 3\n"
        'states = { "Paid" = "sold" }\n[reading]\nmissing = ["?"]\n',
        encoding="utf-8",
    )
    run("inspect", shop, "--config", first, "-o", tmp_path / "deep" / "look", "--quiet")
    second = tmp_path / "deep" / "look" / "segmentry.toml"
    before, after = (settings_from(path, {}, {}, date(2026, 1, 31)) for path in (first, second))
    assert before.playbook is not None
    assert before.rfm_grid is not None
    assert before.model_copy(update={"reading": after.reading}) == after
    assert after.reading.missing == ("?",)
    model, bound = following(second, None, None)
    assert (model and model.resolve(), bound) == ((tmp_path / "spring.seg").resolve(), 0.8)
