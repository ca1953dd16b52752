"""The segmentation that pages show: its model file, its customers once they are laid out, edits that are kept."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from segmentry.browsing import Chosen, CustomerRows, described, lay_out
from segmentry.errors import ModelFileError, SegmentryError
from segmentry.plots import OVER_TIME, Picture
from segmentry.plots.criteria import picture_criteria
from segmentry.plots.stability import picture_series, picture_stability
from segmentry.profiles.playbook import Play
from segmentry.reports.folder import LABELLED, MODEL
from segmentry.reports.page import picture_svg
from segmentry.segmentation import Segmentation, plan, rename
from segmentry.store import load, save

# Without the mark that a picture carries when it travels alone: the page says itself when there are no groups.
AHEAD = {"criteria": picture_criteria, "series": picture_series, "stability": picture_stability}
PICTURES: Mapping[str, Callable[[Segmentation], Picture]] = {**AHEAD, **OVER_TIME}
REMEMBERED = 8  # choices of customers whose figures are kept

State = Literal["none", "preparing", "ready", "failed"]


class Opened:
    """One model and the customers beside it. `state` says whether the customers can be asked about yet."""

    def __init__(self, model: Path, labelled: Path | None, scratch: Path, source_name: str = "") -> None:
        self.model = model
        self.labelled = labelled
        self.source_name = source_name
        self.segmentation: Segmentation = load(model)
        self.rows: CustomerRows | None = None
        self.state: State = "none" if labelled is None else "preparing"
        self.problem: SegmentryError | None = None
        self.folder = scratch  # where files that are made for this segmentation may lie
        self._lock = threading.Lock()
        self._kept: OrderedDict[Chosen, Segmentation | None] = OrderedDict()
        self._pictures: dict[str, Picture] = {}
        self._begun = False

    def start(self) -> None:
        """Begin to lay out the customers, in the background; called when a page has been sent, so that none waits."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
        threading.Thread(target=self._prepare, daemon=True).start()

    def _prepare(self) -> None:
        """Lays out the customers, then draws what every visitor of How many segments asks for."""
        try:
            if self.labelled is not None:
                self.rows = lay_out(self.segmentation, self.labelled, self.folder)
                self.among(Chosen())
                self.state = "ready"
        except SegmentryError as error:
            self.problem, self.state = error, "failed"
            return
        except Exception as error:
            # Where the folder is gone, the dashboard has ended meanwhile, and nobody waits for this.
            if not self.folder.exists():
                return
            self.problem = SegmentryError(
                "Something went wrong on our side.",
                found=type(error).__name__,
                remedy="The terminal that runs the dashboard says what.",
            )
            self.state = "failed"
            raise
        for key in AHEAD:
            picture_svg(self.picture(key))

    def picture(self, key: str) -> Picture:
        """A picture of the segmentation itself, drawn once until it is edited."""
        with self._lock:
            segmentation, drawn = self.segmentation, self._pictures.get(key)
        if drawn is None:
            drawn = PICTURES[key](segmentation)
            with self._lock:
                # One that was begun before an edit shows the old names.
                if self.segmentation is segmentation:
                    self._pictures[key] = drawn
        return drawn

    def among(self, choice: Chosen) -> Segmentation | None:
        """The segmentation among chosen customers, with a view for pictures; None where nobody is chosen."""
        if self.rows is None:
            return None
        with self._lock:
            segmentation = self.segmentation
            if choice in self._kept:
                self._kept.move_to_end(choice)
                return self._kept[choice]
        found = described(segmentation, self.rows, choice)
        with self._lock:
            # One that was begun before an edit shows the old names.
            if self.segmentation is segmentation:
                self._kept[choice] = found
                while len(self._kept) > REMEMBERED:
                    self._kept.popitem(last=False)
        return found

    def edit(self, segment_id: str, name: str, plays: Sequence[Play]) -> None:
        """A name and a playbook of the user's own, kept in the model file. Raises SettingsError or OutputError."""
        with self._lock:
            # Another door may have changed the file meanwhile.
            current = load(self.model)
            if current.rule != self.segmentation.rule:
                raise ModelFileError(
                    "The model file has been replaced by another fit.", remedy="Start the dashboard again to see it."
                )
            if name.strip() != current.segment(segment_id).name:
                current = rename(current, {segment_id: name})
            own = tuple(plays) != current.segment(segment_id).playbook
            edited = plan(current, {segment_id: plays}) if own else current
            save(edited, self.model, overwrite=True)
            self.segmentation = edited
            self._kept.clear()
            self._pictures.clear()


def open_source(source: Path, scratch: Path) -> Opened:
    """The model in a folder that `fit` wrote, or a model file, with the labelled customers that lie beside it.

    Raises ModelFileError when there is no sound model.
    """
    model = source / MODEL if source.is_dir() else source
    if source.is_dir() and not model.exists():
        raise ModelFileError(
            f"'{source}' has no {MODEL}.", remedy="Name the folder that `segmentry fit -o` wrote, or a .seg file."
        )
    told = _summary(model.parent)
    named = told.get("source")
    name = str(named.get("name", "")) if isinstance(named, dict) else ""
    beside = next((model.parent / n for n in LABELLED if (model.parent / n).is_file()), None)
    fingerprint = load(model).provenance.fingerprint
    own = beside if told.get("fingerprint") == fingerprint else None
    return Opened(model, own, scratch, name)


def _summary(folder: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return told if isinstance(told, dict) else {}
    return {}
