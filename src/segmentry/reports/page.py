"""A result as one page to send to someone: a single HTML file that works offline and runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from segmentry.plots import BASKETS, OVER_TIME, VALUE, Picture, draw_all, to_svg
from segmentry.plots.style import tight
from segmentry.reports.answers import answer_rows
from segmentry.reports.buying import buying_of
from segmentry.reports.cards import cards, explained_figures, opening
from segmentry.reports.changes import changes_of
from segmentry.reports.comparison import category_groups, measure_rows
from segmentry.reports.method import candidate_rows, feature_rows, method_facts, provenance_rows
from segmentry.reports.orders import order_rows
from segmentry.reports.rules import rules_of
from segmentry.reports.worth import worth_of
from segmentry.segmentation import Segmentation, check_segmentation
from segmentry.tables import as_path, write_bytes_atomically

STYLE = Path(__file__).parent / "templates" / "style.css"  # of every page: the report's, and the dashboard's


@dataclass(frozen=True)
class RunFacts:
    """What a run knows and the segmentation does not: rows of the source, and how long each step took."""

    rows_present: int
    rows_read: int
    rows_rejected: int
    source_name: str
    seconds: dict[str, float] = field(default_factory=dict)
    peak_memory_mb: dict[str, float] = field(default_factory=dict)


def report(
    segmentation: Segmentation,
    path: str | Path | None = None,
    *,
    pictures: Sequence[Picture] | None = None,
    facts: RunFacts | None = None,
    overwrite: bool = False,
    share: bool = False,
) -> str:
    """The report as HTML; also written to `path` when one is given. The same value gives the same bytes.

    Pictures that were drawn already can be handed over; otherwise they are drawn here, and to `share` them without a
    mark (a point, bar or cell) for fewer than ten customers. Raises OutputError when `path`
    exists and `overwrite` was not asked for, or when it cannot be written.
    """
    check_segmentation(segmentation)
    path = None if path is None else as_path(path)
    drawn = draw_all(segmentation, share=share) if pictures is None else tuple(pictures)
    placed = {"value": VALUE, "baskets": BASKETS, "time": OVER_TIME}
    by_section: dict[str, list[tuple[Picture, Markup | None]]] = {section: [] for section in (*placed, "own")}
    for picture in drawn:
        section = next((name for name, keys in placed.items() if picture.key in keys), "own")
        by_section[section].append((picture, picture_svg(picture)))
    page = environment().get_template("report.html.j2")
    html = page.render(
        opening=opening(segmentation),
        cards=cards(segmentation),
        explained=explained_figures(segmentation),
        changes=changes_of(segmentation),
        answers=answer_rows(segmentation),
        pictures=by_section["own"],
        buying=buying_of(segmentation),
        basket_pictures=by_section["baskets"],
        time_pictures=by_section["time"],
        value_pictures=by_section["value"],
        segments=segmentation.segments,
        rules=rules_of(segmentation),
        value=worth_of(segmentation),
        measures=measure_rows(segmentation),
        categories=category_groups(segmentation),
        features=feature_rows(segmentation.recipe),
        described=segmentation.recipe.described,
        left_out=segmentation.recipe.left_out,
        candidates=candidate_rows(segmentation),
        method=method_facts(segmentation),
        roles=segmentation.roles,
        notices=segmentation.notices,
        orders=order_rows(segmentation),
        provenance=provenance_rows(segmentation),
        minimum=segmentation.profile.minimum_customers,
        facts=facts,
    )
    if path is not None:
        write_bytes_atomically(path, html.encode(), overwrite=overwrite)
    return html


@lru_cache(maxsize=4)
def environment(beside: str = "") -> Environment:
    """The templates of every page, with our style sheet; text of the data is escaped.

    `beside` names a package whose own templates come first, so that its pages are made of the same parts.
    """
    ours = PackageLoader("segmentry.reports", "templates")
    made = Environment(
        loader=ChoiceLoader([PackageLoader(beside, "templates"), ours]) if beside else ours,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["tight"] = tight
    # Style sheets are ours and hold no text of the data.
    made.globals["style"] = Markup(STYLE.read_text("utf-8"))
    return made


def picture_svg(picture: Picture) -> Markup | None:
    """The picture as SVG in the page; its texts were escaped when it was drawn."""
    return None if picture.chart is None else Markup(to_svg(picture, titled=False))
