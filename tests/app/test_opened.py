"""The segmentation that pages show, while it is edited."""

from __future__ import annotations

from segmentry.app import opened as module
from segmentry.app.opened import Opened


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
