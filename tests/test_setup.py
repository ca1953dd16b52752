"""What is compiled when segmentry is installed, and what becomes of it where nothing can be."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ["pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "src"]

SCORE = """
from segmentry.scoring import blocks
from segmentry.tables.embedded import beside
from segmentry.samples import sample_marketing
import segmentry
assert not blocks.COMPILED and not beside.COMPILED
customers = sample_marketing(300, seed=0)
scored = segmentry.score(segmentry.fit(customers, k=3), customers)
print(segmentry.__file__, scored.height, scored["segment_id"].n_unique())
"""


def test_without_a_compiler_segmentry_is_installed_all_the_same(tmp_path):
    """The wheel holds every module but what is in C, and places everybody."""
    checkout, wheels, installed = tmp_path / "checkout", tmp_path / "wheels", tmp_path / "installed"
    checkout.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info")
            shutil.copytree(source, checkout / name, ignore=ignored)
        else:
            shutil.copy(source, checkout)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-q"]
    subprocess.run([*build, "-w", wheels, checkout], check=True, env=os.environ | {"CC": "false"}, cwd=tmp_path)

    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        packed.extractall(installed)
    modules = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src/segmentry").rglob("*.py")}
    assert modules <= names
    assert not [name for name in names if name.endswith((".so", ".c"))]

    run = [sys.executable, "-c", SCORE]
    env = os.environ | {"PYTHONPATH": str(installed)}
    told = subprocess.run(run, check=True, capture_output=True, text=True, cwd=tmp_path, env=env).stdout.split()
    assert told == [str(installed / "segmentry/__init__.py"), "300", "3"]
