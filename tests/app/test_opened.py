"""The segmentation that pages show, while it is edited."""

from __future__ import annotations

from threading import Thread

import pytest

from segmentry.app import opened as module
from segmentry.app.opened import Opened
from segmentry.browsing import Chosen


def test_a_picture_that_was_begun_before_an_edit_is_not_kept(out, tmp_path, monkeypatch):
    """Whoever asks after the edit sees the new name, although the picture of the old one was finished later."""
    shown = Opened(out / "segmentation.seg", None, tmp_path)
    draw, drawn = module.PICTURES["criteria"], []

    def slow(segmentation):
        drawn.append(segmentation.segment("s1").name)
        if len(drawn) == 1:
            shown.edit("s1", "A name of my own", [])
        return draw(segmentation)

    monkeypatch.setitem(module.PICTURES, "criteria", slow)
    for _ in range(3):
        shown.picture("criteria")
    assert drawn[1:] == ["A name of my own"]


def test_figures_are_worked_out_while_others_go_on(out, tmp_path, monkeypatch):
    """Whoever asks about chosen customers holds nobody up: another visitor edits meanwhile, and the figures that were
    begun before are not kept."""
    shown = Opened(out / "segmentation.seg", None, tmp_path)
    shown.rows = object()
    described = []

    def slow(segmentation, rows, choice):
        described.append(segmentation.segment("s1").name)
        if len(described) == 1:
            edit = Thread(target=shown.edit, args=("s1", "A name of my own", []), daemon=True)
            edit.start()
            edit.join(10)
            assert not edit.is_alive()
        return segmentation

    monkeypatch.setattr(module, "described", slow)
    for _ in range(3):
        found = shown.among(Chosen())
    assert described[1:] == ["A name of my own"]
    assert found is not None
    assert found.segment("s1").name == "A name of my own"


def test_what_nobody_expected_is_told(out, tmp_path, monkeypatch):
    """Customers that cannot be laid out for a reason of ours are not waited for for ever, and the error is not lost."""
    shown = Opened(out / "segmentation.seg", out / "customers.csv", tmp_path)

    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(module, "lay_out", fails)
    with pytest.raises(ZeroDivisionError):
        shown._prepare()
    assert shown.state == "failed"
    assert "Something went wrong on our side" in str(shown.problem)


def test_naming_a_segment_does_not_make_its_plan_ones_own(out, tmp_path):
    """The form hands over name and plays together: plays that are as they were stay those of the rules."""
    shown = Opened(out / "segmentation.seg", None, tmp_path)
    plays = shown.segmentation.segment("s1").playbook
    shown.edit("s1", "A name of my own", plays)
    assert shown.segmentation.segment("s1").planned_by == "rule"
    shown.edit("s1", "A name of my own", plays[:1] if len(plays) > 1 else [])
    assert shown.segmentation.segment("s1").planned_by == "user"
