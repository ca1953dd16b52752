"""Where there is no place for what a run keeps on its way, that is said."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from segmentry.errors import OutputError
from segmentry.tables import read

ROWS = "".join(f"{i},{i * 7}\n" for i in range(2_000))


@pytest.mark.skipif(os.name == "nt", reason="limits on file sizes are of another kind on this platform")
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("titled.csv", f"My export,\n\nid,spend\n{ROWS}".encode()),
        ("recoded.csv", f"id,größe\n{ROWS}".encode("cp1252")),
        ("recoded.json", '[{"id": 1, "größe": 5}]'.encode("utf-16")),
    ],
)
def test_a_full_disk_ends_reading_with_what_to_do(tmp_path: Path, monkeypatch, name: str, data: bytes) -> None:
    """A copy that a table needs and that finds no room is an error that names TMPDIR, and leaves nothing."""
    import resource

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OutputError, match=r"There is no room for temporary files\. Found: .*TMPDIR"):
            read(tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(scratch.iterdir()) == []


def test_no_place_at_all_is_an_error(tmp_path: Path, monkeypatch) -> None:
    """Where no folder for temporary files can be made, as on a disk that only reads, the error says so."""
    (tmp_path / "shop.csv").write_text("id,spend\n1,5\n2,6\n")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(OutputError, match="There is no place for temporary files"):
        read(tmp_path / "shop.csv")
