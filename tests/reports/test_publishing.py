"""A folder that takes the place of an older one: all of one run, whenever the process is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from segmentry.reports.publishing import replace_folder, tidy_up

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
