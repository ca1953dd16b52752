"""The model that answers, and its replacement while requests are under way: each answer comes from exactly one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from segmentry.scoring import RowScorer
from segmentry.segmentation import Segmentation
from segmentry.store import parse, read_bytes


@dataclass(frozen=True)
class Model:
    """A segmentation made ready, under the digest of its file."""

    segmentation: Segmentation
    scorer: RowScorer
    digest: str


def read_model(path: str) -> Model:
    """The model in a file. Raises ModelFileError when it is not a sound one."""
    data = read_bytes(path)
    segmentation = parse(data, path)
    return Model(segmentation, RowScorer(segmentation), hashlib.sha256(data).hexdigest())


class Models:
    """Holds the current model. A request takes it once and keeps it to its end."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.current = read_model(path)

    def reload(self) -> Model:
        """Reads the file anew; the current model stays when the new one is not sound."""
        self.current = read_model(self.path)
        return self.current
