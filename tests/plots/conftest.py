"""The made-up segmentation as a fixture, loaded by path: test folders are no packages."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from segmentry.segmentation import Segmentation

SOURCE = Path(__file__).parents[1] / "plots" / "made_up.py"


def load() -> Callable[..., Segmentation]:
    spec = importlib.util.spec_from_file_location("made_up", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made_up: Callable[..., Segmentation] = module.made_up
    return made_up


@pytest.fixture(scope="session")
def made_up() -> Callable[..., Segmentation]:
    return load()


@pytest.fixture(scope="session")
def five(made_up: Callable[..., Segmentation]) -> Segmentation:
    return made_up()
