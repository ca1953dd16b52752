"""The page and the settings file of an inspection: safe, offline, editable, and without effect until edited."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from segmentry.errors import OutputError
from segmentry.exploration import Inspection, inspect
from segmentry.features.choice import FeatureSettings
from segmentry.reports.inspection import inspection_page, write_inspection
from segmentry.reports.inspection_settings import Stated, settings_file
from segmentry.tables import ReadingSettings

EVIL = "<script>alert(1)</script>"
N = 120


def customers(**columns: list[object]) -> pl.DataFrame:
    base: dict[str, list[object]] = {
        "id": [f"k{i:03}" for i in range(N)],
        "age": [20 + i * 7 % 50 for i in range(N)],
        "gender": ["female" if i % 2 else "male" for i in range(N)],
        "income": [1000 + i * 37 % 900 for i in range(N)],
        "total_spend": [i * 13 % 400 for i in range(N)],
        "city": ["Leeds" if i % 3 else "York" for i in range(N)],
        "email": [f"secret{i}@example.org" for i in range(N)],
    }
    return pl.DataFrame({**base, **columns})


@pytest.fixture(scope="module")
def inspection() -> Inspection:
    return inspect(customers())


@pytest.fixture(scope="module")
def page(inspection: Inspection) -> str:
    return inspection_page(inspection)


class Tags(HTMLParser):
    """Checks that tags close in order and collects ids and links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        self.ids += [str(v) for k, v in attrs if k == "id"]
        self.links += [str(v) for k, v in attrs if k == "href" and tag == "a"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_well_formed(page: str) -> None:
    """No script, nothing loaded, a policy that forbids both; tags close, ids are single, links lead somewhere."""
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.findall(r"https?://", re.sub(r'xmlns(:xlink)?="[^"]*"', "", page))
    tags = Tags(page)
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids))
    assert all(link[1:] in tags.ids for link in tags.links)


def test_the_page_shows_every_column_and_finding(page: str, inspection: Inspection) -> None:
    """Each column with its role, each finding with its code, and no value of a personal column."""
    for column in inspection.columns:
        assert f'<th scope="row">{column.name}</th>' in page
    for finding in inspection.findings:
        assert f"<code>{finding.code}</code>" in page
    assert "no value shown" in page
    assert "not clustered on" in page
    assert "secret" not in page
    assert "k007" not in page


def test_text_from_the_data_is_escaped() -> None:
    """A column name, a level and a file name with markup appear as text."""
    frame = customers(**{EVIL: [f"{EVIL}{i % 3}" for i in range(N)]})
    assert "<script" not in inspection_page(inspect(frame))


def test_the_same_inspection_gives_the_same_bytes(inspection: Inspection) -> None:
    """Nothing of the page or the settings depends on the clock or on chance."""
    again = inspect(customers().sample(fraction=1.0, shuffle=True, seed=4))
    assert inspection_page(again, pictures=()) == inspection_page(inspection, pictures=())
    assert settings_file(again) == settings_file(inspection)


def test_the_unedited_settings_state_nothing(inspection: Inspection) -> None:
    """Parsed, the file holds defaults and how the file is read, and every role stands in a comment."""
    text = settings_file(inspection)
    stated = tomllib.loads(text)
    assert {k: v for k, v in stated.items() if v != {}} == {"k": "auto", "seed": 0}
    for column in inspection.columns:
        assert f'# "{column.name}" = "{column.role}' in text
        assert column.reason in text


def test_uncommented_settings_are_valid(inspection: Inspection) -> None:
    """Removing the mark in front of every setting gives TOML with every role, the features, id and purposes."""
    lines = [
        re.sub(r'^# (?=(\s{4}"|\]|[\w"].* = |features = \[))', "", line)
        for line in settings_file(inspection).splitlines()
    ]
    stated = tomllib.loads("\n".join(line for line in lines if not line.startswith("#     segmentry")))
    assert stated["roles"]["income"] == "income"
    assert set(stated["roles"]) == {c.name for c in inspection.columns}
    assert tuple(stated["features"]) == inspection.chosen
    assert stated["id"] == "id"
    assert set(stated["purposes"]) == {"gender"}
    FeatureSettings(features=stated["features"], roles=stated["roles"], purposes=stated["purposes"])


def test_what_was_stated_stays_in_force(inspection: Inspection) -> None:
    """Options and an earlier file are carried over as settings, not as comments."""
    said = Stated(
        k="2-6",
        seed=7,
        id="id",
        as_of=date(2026, 1, 31),
        features=FeatureSettings(features=("age", "income"), roles={"city": "text"}, purposes={"gender": "fairness"}),
        reading=ReadingSettings(separator="tab", missing=("-999",), types={"id": "text"}),
        names={"s1": 'The "best"'},
        on_duplicate="keep",
    )
    stated = tomllib.loads(settings_file(inspection, said))
    assert stated == {
        "k": "2-6", "seed": 7, "id": "id", "as_of": date(2026, 1, 31), "on_duplicate": "keep",
        "features": ["age", "income"], "roles": {"city": "text"}, "purposes": {"gender": "fairness"},
        "names": {"s1": 'The "best"'},
        "reading": {"separator": "tab", "missing": ["-999"], "types": {"id": "text"}},
    }  # fmt: skip


def test_names_from_the_data_cannot_break_the_file() -> None:
    """Quotes, backslashes, line ends and comment marks in column names stay inside their text."""
    names = ['a "quoted" one', "back\\slash", "two\nlines", "# not a comment", "k = 9"]
    frame = customers(**{name: [float(i % 5) for i in range(N)] for name in names})
    stated = tomllib.loads(settings_file(inspect(frame)))
    assert stated["k"] == "auto"
    assert stated["roles"] == {}


def test_both_files_are_written_or_neither(inspection: Inspection, tmp_path: Path) -> None:
    """An existing file is replaced only when asked, and then both are new."""
    page, settings = write_inspection(inspection, tmp_path / "new" / "look")
    assert page.read_text("utf-8").startswith("\n<!DOCTYPE") or page.read_text("utf-8").startswith("<!DOCTYPE")
    assert tomllib.loads(settings.read_text("utf-8"))["k"] == "auto"
    settings.write_text("k = 4\n", encoding="utf-8")
    with pytest.raises(OutputError):
        write_inspection(inspection, tmp_path / "new" / "look")
    assert settings.read_text("utf-8") == "k = 4\n"
    write_inspection(inspection, tmp_path / "new" / "look", overwrite=True)
    assert settings.read_text("utf-8") != "k = 4\n"
