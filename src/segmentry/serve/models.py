"""The model that answers, and its replacement while requests are under way: each answer comes from exactly one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from segmentry.scoring import RowScorer
from segmentry.segmentation import Segmentation, counted_to
from segmentry.store import parse, read_bytes


@dataclass(frozen=True)
class Model:
    """A segmentation made ready, under the digest of its file."""

    segmentation: Segmentation
    scorer: RowScorer
    digest: str


def read_model(path: str, as_of: date | None = None) -> Model:
    """The model in a file, counting ages and tenures to `as_of` where that is stated.

    Raises ModelFileError when it is not a sound one.
    """
    data = read_bytes(path)
    segmentation = counted_to(parse(data, path), as_of)
    return Model(segmentation, RowScorer(segmentation), hashlib.sha256(data).hexdigest())


class Models:
    """Holds the current model. A request takes it once and keeps it to its end."""

    def __init__(self, path: str, as_of: date | None = None) -> None:
        self.path = path
        self.as_of = as_of
        self.current = read_model(path, as_of)

    def reload(self) -> Model:
        """Reads the file anew; the current model stays when the new one is not sound."""
        self.current = read_model(self.path, self.as_of)
        return self.current
