"""A file is handed in: how large, what it holds, what it is called; or a made-up shop in its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from segmentry.app.desk import Upload
from segmentry.app.pages import desk_of, go, trouble
from segmentry.errors import InputError, SegmentryError, SettingsError
from segmentry.samples import write_sample
from segmentry.tables.files import content_of

LARGEST = 512 * 1024 * 1024  # bytes of a file that is handed in
# What files are called here: no sentence has such a word, and neither is part of the other's path.
NAMES = ("handed-in-1", "handed-in-2")
FORM = 1024 * 1024  # bytes of a form without a file
SAMPLES = {
    "marketing": ("A grocery shop", "2,000 customers: what they buy, where, how often, and what they answer to."),
    "mall": ("A shopping mall", "200 card holders: age, income and how much they spend."),
    "ecommerce": ("An online shop", "500 customers: spend, items, last purchase, rating, membership."),
}
_TABLES = frozenset({"text", "json", "parquet", "arrow", "zip", "ole", "gzip"})


async def upload_file(request: Request) -> Response:
    size = request.headers.get("content-length", "")
    if not size.isdecimal() or int(size) > LARGEST + FORM:
        error = InputError(
            f"The file is larger than {LARGEST // 2**20} MB.",
            remedy="Fit it on the command line: segmentry fit FILE -o OUT, then segmentry app OUT.",
        )
        return await run_in_threadpool(trouble, request, error, 413)
    async with request.form(max_files=2, max_fields=5) as form:
        return await run_in_threadpool(_keep, request, form)


def _keep(request: Request, form: FormData) -> Response:
    """The file that was sent, or two to join, once their content says that they are tables."""
    # Two that were dropped on the field together come by one name.
    given = (*form.getlist("file"), *form.getlist("second"))
    sent = [f for f in given if isinstance(f, UploadFile) and f.filename]
    if not sent:
        raise InputError("No file was chosen.", remedy="Choose a file, or drop one on the field.")
    folder = desk_of(request).new_folder("upload")
    try:
        kept = [_kept(file, folder / name) for file, name in zip(sent, NAMES, strict=False)]
    except SegmentryError:
        shutil.rmtree(folder)
        raise
    upload = kept[0]
    upload.beside = kept[1] if len(kept) > 1 else None
    return _taken(request, upload, _page(form))


def _page(form: FormData) -> str:
    """Where a file is looked at: New data, unless it was handed in to be compared."""
    return "/drift" if form.get("to") == "drift" else "/data"


def _kept(sent: UploadFile, path: Path) -> Upload:
    with path.open("wb") as out:
        while block := sent.file.read(1024 * 1024):
            out.write(block)
    upload = Upload(path, readable_name(sent.filename or ""), path.stat().st_size)
    try:
        kind = content_of(path)
        if kind not in _TABLES:
            raise InputError("A database is not taken here.", found=kind, remedy="Export the table as CSV or Parquet.")
    except SegmentryError as error:
        raise named(error, upload) from None
    return upload


def _taken(request: Request, upload: Upload, page: str = "/data") -> Response:
    desk = desk_of(request)
    _drop(desk.upload)
    desk.upload = upload
    return go(request, page)


def _drop(upload: Upload | None) -> None:
    """A file that was handed in is not kept longer than it is looked at."""
    if upload is not None:
        upload.path.unlink(missing_ok=True)
        _drop(upload.beside)


def readable_name(name: str) -> str:
    """The name of a file as it is shown: without folders and control characters, and not too long.

    >>> readable_name("C:\\\\shop\\\\spring.csv"), readable_name("a\\x1b[2Jb.csv")
    ('spring.csv', 'a[2Jb.csv')
    """
    last = re.split(r"[\\/]", name)[-1]
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", last)[:120] or "table"


async def sample(request: Request) -> Response:
    async with request.form(max_files=0, max_fields=5) as form:
        return await run_in_threadpool(_sample, request, str(form.get("kind", "")))


def _sample(request: Request, kind: str) -> Response:
    if kind not in SAMPLES:
        raise SettingsError("There is no such sample.", found=kind[:40])
    path = desk_of(request).new_folder("upload") / f"{NAMES[0]}.csv"
    write_sample(kind, path)
    return _taken(request, Upload(path, f"{kind}.csv", path.stat().st_size))


async def forget(request: Request) -> Response:
    desk = desk_of(request)
    async with request.form(max_files=0, max_fields=5) as form:
        page = _page(form)
    await run_in_threadpool(_drop, desk.upload)
    desk.upload = None
    return go(request, page, "The file was removed.")


def named(error: SegmentryError, upload: Upload) -> SegmentryError:
    """An error that calls each file as its owner does, and not by where it lies here."""
    what, found, remedy = (called(text, upload) for text in (error.what, error.found, error.remedy))
    return SegmentryError(what, found=found, remedy=remedy, code=error.code)


def called(text: str, upload: Upload) -> str:
    """The same text, which calls each file as its owner does."""
    if upload.beside is not None:
        text = called(text, upload.beside)
    return text.replace(str(upload.path), upload.name).replace(upload.path.name, upload.name)


ROUTES = [
    Route("/data/upload", upload_file, methods=["POST"]),
    Route("/data/sample", sample, methods=["POST"]),
    Route("/data/forget", forget, methods=["POST"]),
]
