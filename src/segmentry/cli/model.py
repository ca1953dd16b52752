"""`segmentry report` and `segmentry rename`: what is done with a stored model."""

from __future__ import annotations

from pathlib import Path

import typer

from segmentry.cli.streams import STDOUT, standard_output
from segmentry.cli.terminal import inert, say


def report(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote."),
    output: Path = typer.Option(
        ..., "-o", "--output", help="The page to write, for example report.html, or - for standard output."
    ),
    share: bool = typer.Option(
        False, "--share", help="To pass it on: no picture draws a point, bar or cell for fewer than ten customers."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an existing page."),
) -> None:
    """Write the report of a stored MODEL: one page, offline. Pictures that need customers' rows say so."""
    from segmentry.reports import report as write_report
    from segmentry.store import load

    if str(output) == STDOUT:
        with standard_output(".html") as page:
            write_report(load(model), page, share=share)
        return
    write_report(load(model), output, overwrite=overwrite, share=share)
    say(f"Written: {output}")


def rename(
    model: Path = typer.Argument(..., help="A .seg file that `segmentry fit` wrote; it is changed in place."),
    names: list[str] = typer.Argument(..., help='Names by segment id: s1="Premium loyal" s2="New".'),
) -> None:
    """Give segments names of your own; they stay with the model and appear wherever it is used."""
    from segmentry.cli.pairs import split_pairs
    from segmentry.segmentation import rename as renamed
    from segmentry.store import load, save

    segmentation = renamed(load(model), split_pairs(names, "rename"))
    save(segmentation, model, overwrite=True)
    for segment in segmentation.segments:
        say(f"  {segment.id:<4}{inert(segment.name)}")
