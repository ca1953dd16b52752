"""One fit in a process of its own: settings come as JSON on the input, steps and the outcome go out as lines of JSON.

Apart from the dashboard so that it can be stopped at any moment, and so that pages answer while it works.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import ValidationError

from segmentry.errors import SegmentryError
from segmentry.fitting import FitSettings, fit_source
from segmentry.fitting.settings import settings_after
from segmentry.fitting.sources import MadeCustomers, Orders
from segmentry.fitting.succeeding import predecessor
from segmentry.reports.folder import write_outputs
from segmentry.store import load


def main() -> int:
    """Fits what the input asks for. The exit code is 0 when the outputs are written, 1 when an error was told."""
    asked = json.loads(sys.stdin.read())
    seconds: dict[str, float] = {}

    @contextmanager
    def step(name: str) -> Iterator[None]:
        _tell({"step": name})
        start = perf_counter()
        yield
        seconds[name] = perf_counter() - start

    try:
        settings = FitSettings.model_validate_json(json.dumps(asked["settings"]))
        previous = asked["files"].get("previous")
        after = predecessor(None if previous is None else load(previous), None)
        if after is not None and asked["go_on"]:
            settings = settings_after(after.segmentation, settings)
        fitted = fit_source(_source(asked["files"]), settings, step, after=after)
        folder = Path(asked["folder"])
        # The dashboard draws a picture when a page shows it, so the fit need not draw them all.
        write_outputs(
            fitted.segmentation,
            fitted.table,
            folder,
            placing=fitted.placing,
            before=fitted.before,
            step=step,
            seconds=seconds,
            pictures=False,
        )
    except SegmentryError as error:
        _tell({"error": {"what": error.what, "found": error.found, "remedy": error.remedy, "code": error.code}})
        return 1
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        _tell({"error": {"what": f"{place}: {first['msg']}.", "found": "", "remedy": "", "code": "setting"}})
        return 1
    _tell({"done": True})
    return 0


def _source(files: Mapping[str, str]) -> Any:
    """What the fit starts from: customers, orders, both, or figures that an earlier fit made of orders."""
    source = Path(files["source"])
    if "customers" in files:
        return Orders(source, Path(files["customers"]))
    return MadeCustomers(source, load(Path(files["earlier"]))) if "earlier" in files else source


def _tell(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
