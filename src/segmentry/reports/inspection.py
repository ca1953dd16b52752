"""An inspection as one page to look at before fitting: a single HTML file that works offline and runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segmentry.errors import plural
from segmentry.exploration import ColumnInspection, Finding, Inspection
from segmentry.exploration.inspection import Severity
from segmentry.plots import Picture
from segmentry.plots.exploration import draw_exploration, say_value
from segmentry.profiles.wording import say_number
from segmentry.reports.inspection_settings import Stated, settings_file, short_reason
from segmentry.reports.orders import account_rows
from segmentry.reports.page import environment, picture_svg
from segmentry.reports.publishing import check_files, files_for
from segmentry.tables import write_bytes_atomically, write_text_atomically

PAGE, SETTINGS = "inspect.html", "segmentry.toml"
_HEADINGS: tuple[tuple[Severity, str, str], ...] = (
    ("problem", "To settle first", "These change what a fit would see."),
    ("check", "To look at", "These may be right; decide for each."),
    ("note", "Good to know", "Nothing to do about these."),
)


@dataclass(frozen=True)
class Group:
    """Findings of one severity, those of one kind together."""

    severity: str
    heading: str
    lead: str
    kinds: tuple[Kind, ...]

    @property
    def n(self) -> int:
        return sum(len(kind.findings) for kind in self.kinds)


@dataclass(frozen=True)
class Kind:
    """Findings that share what is to be done about them."""

    code: str
    findings: tuple[Finding, ...]
    remedy: str


@dataclass(frozen=True)
class Figures:
    """A column of numbers or dates in a line; every number is text already."""

    name: str
    values: tuple[str, ...]


def inspection_page(inspection: Inspection, *, pictures: Sequence[Picture] | None = None, source: str = "") -> str:
    """The page as HTML; the same inspection gives the same bytes.

    `source` is what names the source on the command line, where its own name does not.
    """
    drawn = draw_exploration(inspection) if pictures is None else tuple(pictures)
    template = environment().get_template("inspection.html.j2")
    label = {f.name: f.label for f in inspection.features}
    return template.render(
        inspection=inspection,
        source=source or inspection.source_name,
        title=f"{say_number(inspection.rows_read)} rows, {len(inspection.columns)} columns",
        lead=lead(inspection),
        groups=groups(inspection),
        orders=account_rows(inspection.orders.account, inspection.orders.recipe) if inspection.orders else [],
        pictures=[(picture, picture_svg(picture)) for picture in drawn],
        figures=[_figures(c) for c in inspection.columns if c.spread is not None or c.first is not None],
        chosen=[f for f in inspection.features if f.name in inspection.chosen],
        left_out=[(label[part.feature], short_reason(part.reason)) for part in inspection.left_out],
    )


def write_inspection(
    inspection: Inspection, folder: Path, *, stated: Stated | None = None, source: str = "", overwrite: bool = False
) -> tuple[Path, Path]:
    """Writes `inspect.html` and `segmentry.toml` into the folder and returns their paths.

    Raises OutputError, before anything is drawn, when one of them is there already.
    """
    check_inspection_folder(folder, overwrite)
    # A page may be passed on, and tells nobody's folders.
    told = source if Path(source).name == source else ""
    page, text = inspection_page(inspection, source=told), settings_file(inspection, stated, source)
    with files_for(folder) as stage:
        write_text_atomically(stage / SETTINGS, text)
        write_bytes_atomically(stage / PAGE, page.encode())
    return folder / PAGE, folder / SETTINGS


def check_inspection_folder(folder: Path, overwrite: bool) -> None:
    """Raises OutputError when the outputs could not be written there."""
    check_files(folder, (PAGE, SETTINGS), overwrite)


def lead(inspection: Inspection) -> str:
    """The state of the file in a sentence or two."""
    n_rejected = inspection.rows_rejected
    read = f"All {inspection.rows_present:,} rows of {inspection.source_name} could be read."
    if n_rejected:
        read = (
            f"{inspection.rows_read:,} of {inspection.rows_present:,} rows of {inspection.source_name} could be read; "
            f"{plural(n_rejected, 'was', 'were')} rejected."
        )
    problems, checks = (len(inspection.of_severity(s)) for s in ("problem", "check"))
    if problems:
        what = "1 thing is" if problems == 1 else f"{problems} things are"
        return f"{read} {what} to be settled before a fit, {checks} more to be looked at."
    if checks:
        what = "1 thing is" if checks == 1 else f"{checks} things are"
        return f"{read} Nothing stands in the way of a fit; {what} worth a look first."
    return f"{read} Nothing in it asks for a word of caution."


def groups(inspection: Inspection) -> tuple[Group, ...]:
    """Findings by severity, and within one by what is to be done, in the order in which they were found."""
    found = []
    for severity, heading, words in _HEADINGS:
        kinds: dict[tuple[str, str], list[Finding]] = {}
        for finding in inspection.of_severity(severity):
            kinds.setdefault((finding.code, finding.remedy), []).append(finding)
        if kinds:
            told = tuple(Kind(code, tuple(same), remedy) for (code, remedy), same in kinds.items())
            found.append(Group(severity, heading, words, told))
    return tuple(found)


def _figures(c: ColumnInspection) -> Figures:
    if c.spread is None:
        # The first and the last birth date are whole entries of two persons.
        ends = [f"{d.year}" if c.role == "birth_date" else d.isoformat() for d in (c.first, c.last) if d is not None]
        return Figures(c.name, (ends[0], "–", "–", "–", ends[1], "–", "–", "–"))
    s = c.spread
    places = tuple(say_value(c, v) for v in (s.minimum, s.q1, s.median, s.q3, s.maximum, s.mean))
    sd = say_number(s.sd) if c.role == "birth_year" else say_value(c, s.sd)
    return Figures(c.name, (*places, sd, f"{s.n_outliers:,}"))
