"""A folder that takes the place of an older one: all of one run, whenever the process is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from segmentry.errors import OutputError
from segmentry.reports.publishing import check_files, files_for, replace_folder, tidy_up

OUTPUTS = ("customers.csv", "plots/sizes.png", "segmentation.seg", "summary.json")
# Of the n-th folder, a process of its own kills itself before the n-th change of the file system.
KILLED = """
import os, signal, sys
from pathlib import Path
from segmentry.reports.publishing import replace_folder
place, *outputs = sys.argv[1:]

def replace(n):
    changes = iter(range(n))
    def change(event, arguments):
        if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.chmod", "os.utime"):
            if next(changes, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(change)
    folder = Path(place) / str(n) / "out"
    replace_folder(next(folder.parent.glob(".out.*.part")), folder, outputs)

for n in range(len(os.listdir(place))):
    child = os.fork()
    if not child:
        replace(n)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
MOMENTS = 40  # more than there are changes


def made(folder: Path, run: str) -> Path:
    for name in OUTPUTS:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(run)
    return folder


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_that_is_killed_leaves_the_old_outputs_or_the_new(tmp_path: Path) -> None:
    """Whatever it was about to do, the folder has all outputs of one run, and the user's own file."""
    for n in range(MOMENTS):
        folder = made(tmp_path / f"{n}" / "out", "old")
        (folder / "notes.txt").write_text("mine")
        made(folder.with_name(f".out.{2**30}.0123abcd.part"), "new")
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path), *OUTPUTS]
    ends = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert set(ends) == {str(-signal.SIGKILL), "0"}
    found = []
    for n in range(MOMENTS):
        folder = tmp_path / f"{n}" / "out"
        tidy_up(folder)
        assert (folder / "notes.txt").read_text() == "mine"
        assert names_in(folder.parent) == ["out"]
        found.append({(folder / name).read_text() for name in OUTPUTS})
    assert all(runs in ({"old"}, {"new"}) for runs in found)
    assert found[0] == {"old"}
    assert found[-1] == {"new"}


def test_what_is_not_of_a_run_stays(tmp_path: Path) -> None:
    """Files, folders and links that somebody put into the folder are there afterwards; stale outputs are not."""
    folder, new = made(tmp_path / "out", "old"), tmp_path / ".out.1.0123abcd.part"
    (folder / "mine").mkdir()
    (folder / "mine" / "notes.txt").write_text("mine")
    (folder / "link").symlink_to("mine")
    folder.chmod(0o750)
    new.mkdir()
    (new / "segmentation.seg").write_text("new")
    replace_folder(new, folder, OUTPUTS)
    assert names_in(folder) == ["link", "mine", "segmentation.seg"]
    assert (folder / "link" / "notes.txt").read_text() == "mine"
    assert folder.stat().st_mode & 0o777 == 0o750
    assert names_in(tmp_path) == ["out"]


def test_a_folder_that_cannot_be_replaced_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second rename fails, the first is taken back."""
    folder, new = made(tmp_path / "out", "old"), made(tmp_path / ".out.1.0123abcd.part", "new")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self == new:
            raise PermissionError
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PermissionError):
        replace_folder(new, folder, OUTPUTS)
    assert {(folder / name).read_text() for name in OUTPUTS} == {"old"}


def test_files_appear_together_beside_others(tmp_path: Path) -> None:
    """What the folder holds besides stays, and who may read a file that is replaced may read the new one."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "a.csv").write_text("old")
    (tmp_path / "a.csv").chmod(0o600)
    with files_for(tmp_path) as stage:
        for name in ("a.csv", "b.csv"):
            (stage / name).write_text("new")
        assert (tmp_path / "a.csv").read_text() == "old"
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"notes.txt": "mine", "a.csv": "new", "b.csv": "new"}
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600


def test_a_disk_that_fills_up_leaves_no_file_and_no_folder(tmp_path: Path) -> None:
    """Of several files that belong together none is there when one could not be written, nor the folder for them."""

    def filled_up() -> None:
        with files_for(tmp_path / "new" / "look") as stage:
            (stage / "a.csv").write_text("whole")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"look' could not be written. Found: No space left"):
        filled_up()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_told_of_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the folder's place, a file that is there, and a folder without rights are each named."""
    (tmp_path / "afile").write_text("mine")
    for folder in (tmp_path / "afile", tmp_path / "afile" / "look"):
        with pytest.raises(OutputError, match="afile' is a file, not a folder"):
            check_files(folder, ["a.csv"], overwrite=True)
    with pytest.raises(OutputError, match="afile exists already"):
        check_files(tmp_path, ["a.csv", "afile"], overwrite=False)
    check_files(tmp_path / "new" / "look", ["a.csv"], overwrite=False)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(OutputError, match="cannot be written to"):
        check_files(tmp_path / "new" / "look", ["a.csv"], overwrite=False)
