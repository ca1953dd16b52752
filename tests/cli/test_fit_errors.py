"""What goes wrong is said with code, finding and remedy, and leaves nothing behind."""

from __future__ import annotations

import re

import polars as pl
import pytest

HEAD = "id,age,income,email\n"
GOOD = HEAD + "".join(f"{i},{20 + i % 40},{900 * (1 + i % 3) + i},a{i}@example.com\n" for i in range(60))
SAME = HEAD + "".join(f"{i},{20 + i % 3},500,\n" for i in range(60))
TWICE = GOOD + "1,30,500,b@example.com\n"
FOLDER = object()


@pytest.fixture
def folder(tmp_path):
    """A folder with tables of every kind of trouble; nothing may be added to it."""
    for name, text in (("good", GOOD), ("same", SAME), ("twice", TWICE), ("head", HEAD), ("empty", "")):
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "one.csv").write_text(HEAD + "1,30,500,\n")
    (tmp_path / "zip.csv").write_bytes(b"PK\x03\x04" + bytes(200))
    (tmp_path / "out_full").mkdir()
    (tmp_path / "out_full" / "mine.txt").write_text("mine")
    (tmp_path / "folder").mkdir()
    return tmp_path


def _fails(segmentry, folder, *arguments, code=1):
    before = sorted(folder.rglob("*"))
    outcome = segmentry("fit", "--no-pictures", *arguments)
    assert outcome.code == code, outcome.out + outcome.err
    assert outcome.out == ""
    assert sorted(folder.rglob("*")) == before
    return outcome.err


@pytest.mark.parametrize(
    ("file", "code", "says"),
    [
        ("nowhere.csv", "unreadable-file", "does not exist"),
        ("folder", "unreadable-file", "folder"),
        ("empty.csv", "unreadable-file", "is empty"),
        ("zip.csv", "unreadable-file", "zip.csv"),
        ("head.csv", "not-enough-data", "no customers"),
        ("one.csv", "not-enough-data", "at least two customers"),
        ("same.csv", "not-enough-data", "differ"),
        ("twice.csv", "identifier", "not unique"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_so(segmentry, folder, file, code, says):
    """One line with the kind of trouble and what was found, exit code 1, no output folder, no scratch file."""
    err = _fails(segmentry, folder, folder / file, "-o", folder / "out", *(["--k", "5"] if "same" in file else []))
    assert re.match(rf"error \[{code}\]: .*{says}", err)
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("nothing", ["", " "])
def test_no_name_is_not_the_folder_one_is_in(segmentry, folder, monkeypatch, nothing):
    """Where a shell variable is empty, nothing is read: neither a file nor the Parquet files that lie around."""
    monkeypatch.chdir(folder)
    pl.DataFrame({"id": ["a"]}).write_parquet(folder / "part.parquet")
    assert "error [setting]: No source is named" in _fails(segmentry, folder, nothing, "-o", folder / "out")


def test_repeated_ids_are_counted_and_not_shown(segmentry, folder):
    """How many ids repeat on how many rows is said; the option that keeps them works."""
    err = _fails(segmentry, folder, folder / "twice.csv", "-o", folder / "out")
    assert "1 id on 2 rows" in err
    assert "--on-duplicate keep" in err
    kept = segmentry(
        "fit", "--no-pictures", folder / "twice.csv", "-o", folder / "out", "--on-duplicate", "keep", "--json"
    )
    assert kept.code == 0, kept.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--features", "agee"], "Did you mean 'age'"),
        (["--features", "id"], "an id cannot be a feature"),
        (["--features", "email"], "personal data"),
        (["--id", "idd"], "Did you mean 'id'"),
        (["--k", "1"], "k must be from 2 to 50. Found: 1. Pass --k 5"),
        (["--k", "0"], "k must be from 2 to 50"),
        (["--k", "51"], "k must be from 2 to 50"),
        (["--k", "5-2"], "runs backwards"),
        (["--k", "many"], "k is not understood. Found: many"),
        (["--k", "2-x"], "k is not understood"),
        (["--seed", "-1"], "seed: "),
        (["--on-duplicate", "drop"], "on_duplicate: "),
        (["--decimal", "x"], "decimal: "),
        (["--max-rejected", "2"], "max_rejected_share: "),
        (["--name", "s1"], "--name takes NAME=VALUE"),
        (["--k", "²"], "k is not understood. Found: ²"),
        (["--k", "3", "--name", "s9=x"], "no segment 's9'"),
        (["--k", "3", "--name", "s1=x", "--name", "s2=x"], "name of its own"),
        (["--k", "3", "--name", "s1= "], "name of its own"),
        (["--separator", "abc"], "separator must be one character"),
        (["--config", "nowhere.toml"], "cannot be read"),
    ],
)
def test_a_wrong_option_is_an_error_with_its_remedy(segmentry, folder, options, says):
    """An option that cannot be followed ends with exit code 1, before anything is written."""
    err = _fails(segmentry, folder, folder / "good.csv", "-o", folder / "out", *options)
    assert err.startswith("error [setting]: ")
    assert says in err
    assert "Found: Found" not in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["good.csv"], ["good.csv", "-o"], ["good.csv", "-o", "x", "--wrong"]])
def test_wrong_usage_is_exit_code_2(segmentry, folder, arguments):
    """A missing or unknown option is wrong usage."""
    err = _fails(segmentry, folder, *arguments, code=2)
    assert "Error: " in err


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("good.csv", "is a file, not a folder"),
        ("good.csv/below", "cannot be written to"),
        ("out_full", "is not empty"),
        ("segments.xlsx", "--excel"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_any_work(segmentry, folder, output, says):
    """An output that is a file or called like one, lies under one, or holds something is an error; all stays."""
    err = _fails(segmentry, folder, folder / "good.csv", "-o", folder / output)
    assert err.startswith("error [output]: ")
    assert says in err
    assert not (folder / "segments.xlsx").exists()
    assert (folder / "out_full" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "command",
    [
        "fit good.csv -o ADDRESS",
        "inspect good.csv -o ADDRESS",
        "compare good.csv -o ADDRESS",
        "demo -o ADDRESS",
        "sample mall -o ADDRESS",
        "sample mall -o mall.csv --truth ADDRESS",
        "sample orders -o ADDRESS",
        "report ADDRESS -o report.html",
        "rename ADDRESS s1=New",
        "score ADDRESS good.csv -o scored.csv",
    ],
)
def test_a_database_is_no_folder(segmentry, folder, monkeypatch, command):
    """Where a file or folder is wanted, an address is refused at once; its password is not shown, nor on the disk."""
    monkeypatch.chdir(folder)
    before = sorted(folder.rglob("*"))
    outcome = segmentry(*command.replace("ADDRESS", "postgresql://anna:Canary-4711@localhost/shop").split())
    assert outcome.code == 1
    assert outcome.err.startswith("error [address]: A file or a folder is wanted here, not a database.")
    assert "segmentry score MODEL SOURCE -o ADDRESS" in outcome.err
    assert "Canary" not in outcome.err + outcome.out
    assert sorted(folder.rglob("*")) == before


def test_the_input_is_never_overwritten(segmentry, folder):
    """A customers.csv is not replaced by the outputs of its own fit."""
    (folder / "out_full" / "customers.csv").write_text(GOOD)
    err = _fails(
        segmentry, folder, folder / "out_full" / "customers.csv", "-o", folder / "out_full", "--overwrite", "--k", "3"
    )
    assert "would be overwritten" in err


def test_all_wrong_settings_of_a_file_are_named_at_once(segmentry, folder):
    """Unknown keys with the nearest name, wrong types and wrong values are told together."""
    config = folder / "segmentry.toml"
    config.write_text('kk = 3\nk = [3]\nseed = "a"\n[reading]\ndecimal = ";"\nseparater = ","\n[roles]\nage = 3\n')
    err = _fails(segmentry, folder, folder / "good.csv", "-o", folder / "out", "--config", config)
    for part in ("'kk' (did you mean 'k'?)", "'separater' (did you mean 'separator'?)", "decimal: ", "k: ", "seed: "):
        assert part in err
    assert "roles: " in err


def test_a_setting_of_the_wrong_type_is_not_guessed(segmentry, folder):
    """true is no seed and "5" is no seed, although a computer could take them for one."""
    config = folder / "segmentry.toml"
    for value in ("true", '"5"', "1.5"):
        config.write_text(f"seed = {value}\n")
        assert "seed: " in _fails(segmentry, folder, folder / "good.csv", "-o", folder / "out", "--config", config)


def test_a_role_for_a_column_that_is_not_there_is_an_error(segmentry, folder):
    """A misspelt column or role in [roles] names the nearest."""
    config = folder / "segmentry.toml"
    config.write_text('[roles]\nAgee = "age"\n')
    assert "'age'" in _fails(segmentry, folder, folder / "good.csv", "-o", folder / "out", "--config", config)
    config.write_text('[roles]\nage = "incme"\n')
    assert "income" in _fails(segmentry, folder, folder / "good.csv", "-o", folder / "out", "--config", config)


def test_a_sensitive_attribute_needs_a_purpose(segmentry, folder):
    """Without [purposes] it is refused with the line to write; with it, it is used and said aloud."""
    table = folder / "sensitive.csv"
    table.write_text(
        "id,age,gender,income\n" + "".join(f"{i},{20 + i % 40},{'FM'[i % 2]},{i % 7}00\n" for i in range(80))
    )
    options = ["--features", "age,gender", "--k", "3", "-o", folder / "out"]
    err = _fails(segmentry, folder, table, *options)
    assert "needs a stated purpose" in err
    assert '[purposes] "gender" = ' in err
    config = folder / "segmentry.toml"
    config.write_text('[purposes]\ngender = "fit of clothes"\n')
    allowed = segmentry("fit", "--no-pictures", table, *options, "--config", config)
    assert allowed.code == 0, allowed.err
    assert "fit of clothes" in allowed.err
    assert "age, gender" in allowed.out
