"""A model file is the same twice, comes back whole, and is refused when anything is wrong with it."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import segmentry as sg
from segmentry.errors import ModelFileError, OutputError, SettingsError
from segmentry.fitting import FitSettings, fit
from segmentry.samples import sample_marketing
from segmentry.scoring import score
from segmentry.scoring.frames import OUTPUT
from segmentry.segmentation import plan, rename
from segmentry.store import dump, load, parse, read_bytes, save
from segmentry.store.file import LARGEST

GOLDEN = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def shop():
    return sample_marketing(400, seed=11)


@pytest.fixture(scope="module")
def model(shop):
    return fit(shop, k=4, features=["age", "income", "spend_total", "education"])


@pytest.fixture(scope="module")
def data(model):
    return dump(model)


def _sealed(body: bytes, number: object = 1) -> bytes:
    """A body with a header that vouches for it: hostile on purpose, not damaged by accident."""
    return (
        f"segmentry-segmentation {number} sha256={hashlib.sha256(body).hexdigest()} bytes={len(body)}\n".encode() + body
    )


def _plain(data: bytes) -> dict:
    return json.loads(data.split(b"\n", 1)[1])


def _changed(data: bytes, change) -> bytes:
    plain = _plain(data)
    change(plain)
    return _sealed(json.dumps(plain).encode())


def test_saved_twice_it_is_the_same_bytes(model, tmp_path):
    """Saving depends on the segmentation alone; so does saving what was loaded."""
    first = save(model, tmp_path / "a.seg").read_bytes()
    assert first == save(model, tmp_path / "b.seg").read_bytes()
    assert dump(load(tmp_path / "a.seg")) == first


def test_loaded_it_is_the_same_value_and_scores_alike(model, shop, tmp_path):
    """What comes back equals what went in, and gives every customer the same segment and confidence."""
    again = load(save(model, tmp_path / "m.seg"))
    assert again == replace(model, view=None, source_notices=())
    assert score(again, shop).equals(score(model, shop))


def test_a_file_from_before_orders_were_known_is_read(model, data):
    """A model file without a word on purchases is that of customers who came as a table."""

    def forget(plain: dict) -> None:
        del plain["purchases"], plain["orders"]

    old = parse(_changed(data, forget))
    assert (old.purchases, old.orders) == (None, None)
    assert old == model


@pytest.fixture(scope="module")
def followed(model, shop):
    """A fit after another, with a segment more."""
    return fit(shop, k=5, previous=model, settings=FitSettings(stability_pairs=0))


def test_a_file_from_before_fits_followed_others_is_read(model, data):
    """A model file without a word on an earlier fit is that of a fit of its own, with plans made by rule."""

    def forget(plain: dict) -> None:
        del plain["succession"]
        for segment in plain["segments"]:
            del segment["planned_by"]

    old = parse(_changed(data, forget))
    assert old.succession is None
    assert old == model


def test_what_became_of_the_segments_before_comes_back_whole(followed):
    """Kept, new and retired segments, moves, and whose plan it is are stored."""
    own = plan(followed, {"s1": followed.segment("s1").playbook})
    again = parse(dump(own))
    assert again == own
    assert again.succession == followed.succession is not None
    assert [s.planned_by for s in again.segments if s.id == "s1"] == ["user"]


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["kept"].pop(),
        lambda told: told["new"].append("s9"),
        lambda told: told["retired_before"].append("s1"),
    ],
)
def test_a_succession_that_contradicts_the_segments_is_refused(followed, change):
    """Segments that follow and are not there, and an id that is in use and gone, are a damaged file."""
    with pytest.raises(ModelFileError, match="contradicts itself"):
        parse(_changed(dump(followed), lambda plain: change(plain["succession"])))


@pytest.mark.parametrize("change", [lambda told: told.pop(), lambda told: told[0]["shares"].pop()])
def test_baselines_that_contradict_the_recipe_are_refused(data, change):
    """A feature without its baseline, and a bin without its share, are a damaged file."""
    with pytest.raises(ModelFileError, match="contradicts itself"):
        parse(_changed(data, lambda plain: change(plain["baselines"])))


def test_every_flipped_bit_is_noticed(data):
    """300 single flipped bits, anywhere in the file: never a model, always an error that says so."""
    draw = random.Random(0)
    for place in draw.sample(range(len(data)), 300):
        damaged = bytearray(data)
        damaged[place] ^= 1 << draw.randrange(8)
        with pytest.raises(ModelFileError):
            parse(bytes(damaged))


@pytest.mark.parametrize("keep", [0, 1, 30, 100, 1000, -1, -2])
def test_a_truncated_file_is_refused(data, keep):
    """However much of the end is missing."""
    with pytest.raises(ModelFileError):
        parse(data[:keep])


def test_a_file_with_something_after_it_is_refused(data):
    """A model ends where it says that it ends."""
    with pytest.raises(ModelFileError, match="checksum"):
        parse(data + b" ")


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_never_opened(tmp_path, protocol):
    """Pickles are refused by their look; what they would run is not run."""
    path = tmp_path / "m.seg"
    path.write_bytes(pickle.dumps({"a": date(2020, 1, 1)}, protocol=protocol))
    with pytest.raises(ModelFileError, match="not a segmentation file"):
        load(path)


def test_a_format_that_never_was_is_named_with_both_numbers(data):
    """A number below the first says which it is, and which this version reads."""
    with pytest.raises(ModelFileError, match="has format 0; this version reads format 1"):
        parse(_sealed(data.split(b"\n", 1)[1], 0))


@pytest.mark.parametrize("number", [2, 999999])
def test_a_file_of_a_later_format_says_who_wrote_it(data, number):
    """The version that wrote it is named where the file tells, and what to do; so it is where it holds no JSON."""
    body = data.split(b"\n", 1)[1].replace(f'"segmentry": "{sg.__version__}"'.encode(), b'"segmentry": "9.1.0"')
    with pytest.raises(ModelFileError, match=r"a newer version of segmentry \(9\.1\.0\)") as caught:
        parse(_sealed(body, number))
    assert f"format {number}; this version reads format 1" in str(caught.value)
    assert "Update segmentry" in str(caught.value)
    with pytest.raises(ModelFileError, match=r"a newer version of segmentry\."):
        parse(_sealed(b"\0\1", number))


@pytest.mark.parametrize("place", [(), ("recipe",), ("segments", 0)])
def test_a_field_that_is_not_known_is_of_a_newer_version(data, place):
    """One field more, wherever it is, is no damage: the error says to update, and names the field."""
    with pytest.raises(ModelFileError, match="a newer version of segmentry") as caught:
        parse(_changed(data, _set((*place, "extra"), 1)))
    assert "extra)" in str(caught.value)
    with pytest.raises(ModelFileError) as caught:
        parse(_changed(data, _set((*place, "anna@example.com"), 1)))
    assert "anna" not in str(caught.value)


def test_a_model_of_today_is_read_in_every_later_version():
    """A file written at the first release loads, and places its customers as it did: golden, never to be remade."""
    recorded = pl.read_csv(GOLDEN / "format-1.csv")
    model = load(GOLDEN / "format-1.seg")
    found = score(model, recorded.drop(OUTPUT))
    assert found.select("customer_id", *OUTPUT).equals(recorded.select("customer_id", *OUTPUT))
    assert all(column.reading.missing == () for column in model.recipe.columns)
    assert parse(dump(model)) == model


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"3",
        b'"text"',
        b"{}",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"recipe":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"inertia": NaN}',
        b'{"inertia": 1' + b"0" * 10_000 + b"}",
    ],
    ids=lambda b: repr(b[:16]),
)
def test_a_sealed_document_of_the_wrong_kind_is_refused(body):
    """A right checksum over a wrong document does not help; nesting of any depth ends in the same error."""
    with pytest.raises(ModelFileError):
        parse(_sealed(body))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(data, word):
    """NaN and the infinities have no place in a model, wherever they stand."""
    text = data.split(b"\n", 1)[1].decode()
    start = text.index('"inertia": ') + len('"inertia": ')
    end = text.index(",", start)
    with pytest.raises(ModelFileError):
        parse(_sealed((text[:start] + word + text[end:]).encode()))


def _set(path, value):
    def change(plain):
        place = plain
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("k",), "4", "k"),
        (("k",), True, "k"),
        (("k",), 4.5, "k"),
        (("inertia",), "much", "inertia"),
        (("inertia",), True, "inertia"),
        (("method",), None, "method"),
        (("segments",), {}, "segments"),
        (("segments", 0, "size"), 1.5, "segments[0].size"),
        (("segments", 0, "evidence"), "text", "segments[0].evidence"),
        (("recipe", "as_of"), "2020-13-01", "recipe.as_of"),
        (("recipe", "as_of"), 7, "recipe.as_of"),
        (("recipe", "scales", 0, "transform"), "eval", "recipe.scales[0].transform"),
        (("recipe", "scales", 0, "feature", "operation"), "__import__", "recipe.scales[0].feature.operation"),
        (("recipe", "scales", 0, "centre"), None, "recipe.scales[0].centre"),
        (("rule", "weights"), [[1]], "contradicts"),
        (("rule", "weights", 0), [], "contradicts"),
        (("rule", "offsets"), [], "contradicts"),
        (("rule", "owners", 0), "s99", "contradicts"),
        (("rule", "axes", 0), "other", "contradicts"),
        (("recipe", "scales", 0, "scale"), 0.0, "contradicts"),
        (("recipe", "scales", 0, "scale"), -1.0, "contradicts"),
        (("rule", "weights", 0, 0), 1.5, "rule.weights[0][0]"),
        (("profile", "measures", 0, "segments", "s1", "spread", "mean"), "x", "spread.mean"),
        (("provenance", "versions"), [], "provenance.versions"),
        (("provenance", "versions", "python"), 3, "provenance.versions"),
        (("notices",), [{"code": 1, "message": "x"}], "notices[0].code"),
    ],
    ids=lambda v: ".".join(map(str, v)) if isinstance(v, tuple) else None,
)
def test_a_wrong_field_is_named(data, path, value, field):
    """Each field is checked for its type before anything is built from it, and the error says which it is."""
    with pytest.raises(ModelFileError) as caught:
        parse(_changed(data, _set(path, value)))
    assert field in str(caught.value)


def test_a_missing_field_is_named(data):
    """Every field that must be there is asked for by name."""
    for name in ("recipe", "rule", "segments", "profile", "candidates", "k", "provenance"):
        with pytest.raises(ModelFileError, match=f"{name} should be there"):
            parse(_changed(data, lambda plain, name=name: plain.pop(name)))


@pytest.mark.parametrize("value", [[10**400], [10**30], [2**63]])
def test_whole_numbers_beyond_exact_arithmetic_are_refused(data, value):
    """A weight that a computer cannot hold exactly would place customers at random, or end in a crash."""

    def change(plain):
        plain["rule"]["offsets"] = value * len(plain["rule"]["offsets"])

    with pytest.raises(ModelFileError):
        parse(_changed(data, change))


def test_a_segment_that_is_there_twice_is_refused(data):
    """Ids are permanent and unique, and so are names."""

    def change(plain):
        plain["segments"].append(plain["segments"][0])

    with pytest.raises(ModelFileError):
        parse(_changed(data, change))


def test_a_huge_file_is_refused_unread(tmp_path, monkeypatch):
    """A file that no segmentation can be is refused by its size."""
    path = tmp_path / "huge.seg"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    with pytest.raises(ModelFileError, match="larger than a segmentation can be"):
        load(path)


@pytest.mark.parametrize("name", ["nowhere.seg", "."])
def test_a_path_that_cannot_be_read_is_said_so(tmp_path, name):
    """A missing file and a folder are errors with their reason."""
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(tmp_path / name)


def test_an_existing_file_is_not_replaced_unasked(model, tmp_path):
    """Saving over something needs `overwrite`."""
    path = save(model, tmp_path / "m.seg")
    with pytest.raises(OutputError, match="exists already"):
        save(model, path)
    save(rename(model, {"s1": "Neu"}), path, overwrite=True)
    assert load(path).segment("s1").name == "Neu"


def test_names_of_ones_own_stay_and_are_unique(model, tmp_path):
    """A renamed segment keeps its name through save and load; a second of that name is refused."""
    named = rename(model, {"s2": "  Größte Kunden 喜  "})
    assert load(save(named, tmp_path / "m.seg")).segment("s2").name == "Größte Kunden 喜"
    with pytest.raises(SettingsError, match="name of its own"):
        rename(named, {"s1": "Größte Kunden 喜"})
    with pytest.raises(SettingsError, match="There is no segment"):
        rename(named, {"s7": "x"})


def test_a_table_given_for_a_model_is_not_quoted():
    """The error tells what kind of file it is, and nothing of what stands in it."""
    with pytest.raises(ModelFileError, match="Found: text") as caught:
        parse(b"anna@example.org,41\n")
    assert "anna" not in str(caught.value)


def test_model_of_orders_comes_back_whole(tea_shop_segmentation):
    """Baskets and cohorts are stored, and a model from before there were any still loads."""
    data = dump(tea_shop_segmentation)
    assert parse(data) == replace(tea_shop_segmentation, source_notices=(), view=None)
    assert b"c17" not in data

    def before(plain):
        del plain["baskets"], plain["over_time"]

    old = parse(_changed(data, before))
    assert old.baskets is None
    assert old.over_time is None


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain["baskets"]["items"][0].update(segment="s9"),
        lambda plain: plain["over_time"]["by_segment"][0].update(segment="s9"),
        lambda plain: plain["over_time"]["periods"][0].update(period=1),
        lambda plain: plain["over_time"]["cells"][0].update(cohort=1),
    ],
)
def test_orders_that_contradict_the_segments_are_refused(tea_shop_segmentation, change):
    """Baskets of a segment that is not there, and cohorts outside of the periods, are a damaged file."""
    with pytest.raises(ModelFileError, match="contradicts itself"):
        parse(_changed(dump(tea_shop_segmentation), change))


def test_what_is_no_file_is_not_waited_for(tmp_path):
    """A pipe that nobody writes to would hold whoever opens it for ever."""
    os.mkfifo(tmp_path / "model.seg")
    with pytest.raises(ModelFileError, match="not a regular file"):
        load(tmp_path / "model.seg")


def test_no_more_is_read_than_a_model_may_have(tmp_path):
    """A file of any size is refused for its size, and its end is never read."""
    path = tmp_path / "model.seg"
    with path.open("wb") as file:
        file.truncate(10 * LARGEST)
    assert len(read_bytes(path)) == LARGEST + 1
    with pytest.raises(ModelFileError, match="larger than a segmentation can be"):
        load(path)
