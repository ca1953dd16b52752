"""The customers as a table to search, sort and take along, and one customer by id."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from segmentry.app.asked import LONGEST, filters
from segmentry.app.opened import Opened
from segmentry.app.pages import desk_of, go, of_what_is_open, show
from segmentry.browsing import Chosen, Page
from segmentry.errors import SettingsError
from segmentry.prototypes.assign import CONFIDENCE, RUNNER_UP, SEGMENT

SIZE = 25
KINDS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
MOST_IN_EXCEL = 100_000  # rows; more take longer than one waits, and CSV holds them all


@dataclass(frozen=True)
class CustomerTable:
    """A page of customers with the addresses that turn, sort and export it. `page` is None until they are laid out."""

    page: Page | None
    search: str
    sort: str
    descending: bool
    query: str
    segment: str  # "" for all
    excel: bool
    hidden = (SEGMENT, CONFIDENCE, RUNNER_UP)

    def turned(self, number: int) -> str:
        return self._with(page=str(number))

    def sorted_by(self, column: str) -> str:
        way = "down" if self.sort == column and not self.descending else ""
        return self._with(sort=column, way=way, page="1")

    def export(self, kind: str) -> str:
        segment = [("segment", self.segment)] if self.segment else []
        return f"/customers.{kind}?" + urlencode([*segment, ("search", self.search)])

    def _with(self, **stated: str) -> str:
        own = {"search": self.search, "sort": self.sort, "way": "down" if self.descending else ""}
        return "?" + urlencode({k: v for k, v in {**own, **stated}.items() if v})


def customer_table(request: Request, opened: Opened, segments: tuple[str, ...]) -> CustomerTable:
    """The page of customers that the address asks for."""
    query = request.query_params
    search = query.get("search", "").strip()[:LONGEST]
    sort, descending = query.get("sort", ""), query.get("way") == "down"
    digits = query.get("page", "1")
    number = int(digits) if digits.isdecimal() and len(digits) < 7 else 1
    page = None
    if opened.rows is not None:
        choice = Chosen(segments=segments, search=search)
        page = opened.rows.page(choice, sort=sort, descending=descending, number=number, size=SIZE)
    return CustomerTable(
        page, search, sort, descending, str(query), ",".join(segments), page is not None and page.total <= MOST_IN_EXCEL
    )


def export(request: Request) -> Response:
    """The chosen customers as a file to open in a spreadsheet."""
    opened, kind = desk_of(request).opened, request.path_params["kind"]
    if kind not in KINDS:
        raise HTTPException(404)
    if opened is None or opened.rows is None:
        return go(request, "/", "The customers are not here yet.")
    choice = filters(request.query_params, opened.segmentation).chosen
    if kind == "xlsx" and opened.rows.counted(choice) > MOST_IN_EXCEL:
        raise SettingsError(
            "There are too many customers for a workbook.",
            found=f"more than {MOST_IN_EXCEL:,}",
            remedy="Export them as CSV, or search for fewer.",
        )
    folder = desk_of(request).new_folder("export")
    path = folder / f"customers.{kind}"
    opened.rows.write(opened.segmentation, choice, path)
    name = "-".join(["customers", *choice.segments]) + f".{kind}"
    return FileResponse(path, media_type=KINDS[kind], filename=name, background=BackgroundTask(path.unlink))


@of_what_is_open
def all_customers(request: Request, opened: Opened) -> Response:
    table = customer_table(request, opened, ())
    return show(request, "customers.html.j2", segmentation=opened.segmentation, customers=table)


ROUTES = [Route("/customers", all_customers), Route("/customers.{kind}", export)]
