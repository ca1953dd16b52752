"""Is the number of segments honest? Every kind of table, with and without groups, and what the verdict makes of it.

    make battery                 the held-out seeds, 16 tables a cell; the table goes into docs/choosing-k.md
    make battery HALF=tuning     as many of the seeds that thresholds were set on; printed only

A table without groups counts when the verdict is *no groups*. One with groups counts when their number is taken, or is
the one that is recommended with another method. Ends with 1 when a share is below its floor. Tables: `planted.py`, and
those with categories, which are fitted as a file is: `mixed.py`.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_variable, "1")  # one table a process

import argparse  # noqa: E402
import json  # noqa: E402
import re  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from contextlib import nullcontext  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))

import mixed  # noqa: E402
import polars as pl  # noqa: E402
from mixed import make_mixed, n_columns  # noqa: E402
from planted import DIMENSIONS, LOPSIDED, NULLS, OTHERWISE, PLANTED, SEPARATE, make  # noqa: E402

from segmentry.estimator import Segmenter  # noqa: E402
from segmentry.fitting import fit  # noqa: E402

Job = tuple[str, int, int]  # kind, number of columns, seed
# Even seeds are for tuning. Whoever changes the rule after a look at the held-out ones draws others, the next odd ones.
SEEDS = {"tuning": range(0, 32, 2), "held-out": range(1193, 1225, 2)}
MIXED_SEEDS = {"tuning": range(0, 32, 2), "held-out": range(1225, 1257, 2)}
MIXED = (*mixed.NULLS, *mixed.PLANTED)
NULL_FLOOR, SEPARABLE_FLOOR, ROW_FLOOR = 0.95, 0.90, 0.80
FLOORS = (
    ("no groups", NULLS, NULL_FLOOR),
    ("separable groups", SEPARATE, SEPARABLE_FLOOR),
    ("no groups, with categories", mixed.NULLS, NULL_FLOOR),
    ("separable groups, with categories", mixed.SEPARATE, SEPARABLE_FLOOR),
)
TOLD = (*OTHERWISE, *LOPSIDED, *mixed.HIDDEN)  # not Gaussian, small beside a large one, hidden by other columns
BEGIN, END = "<!-- battery: begin -->", "<!-- battery: end -->"


@dataclass(frozen=True)
class Judged:
    """One table: what was planted, what was found."""

    kind: str
    dimensions: int
    seed: int
    planted: int  # groups; 1 is none
    error: float  # of the best possible rule
    taken: int  # segments; 1 when the verdict is no groups
    recommended: int | None  # by another method
    verdict: str
    seconds: float  # of one processor

    @property
    def right(self) -> bool:
        return self.planted in (self.taken, self.recommended) and (self.planted > 1 or self.recommended is None)

    @property
    def said(self) -> str:
        """What was planted and what became of it."""
        return f"{self.planted}: {self.taken}{f' or {self.recommended}' if self.recommended else ''}"


def judge(job: Job) -> Judged:
    """Draws the table of that kind, number of columns and seed, and segments it with `auto`."""
    warnings.simplefilter("ignore")
    if job[0] in MIXED:
        return judge_mixed(job)
    planted = make(*job)
    start = time.process_time()
    found = Segmenter("auto", random_state=0).fit(planted.values)
    return Judged(
        kind=planted.kind,
        dimensions=planted.dimensions,
        seed=planted.seed,
        planted=planted.k,
        error=planted.error,
        taken=found.n_segments_ if found.verdict_ != "no groups" else 1,
        recommended=found.better_[1] if found.better_ else None,
        verdict=found.verdict_,
        seconds=round(time.process_time() - start, 2),
    )


def judge_mixed(job: Job) -> Judged:
    """The same of a table with categories: all columns asked for, but where there are no numbers that come first."""
    kind, columns, seed = job
    drawn = make_mixed(kind, seed)
    customers = pl.DataFrame({name: values.tolist() for name, values in drawn.columns.items()})
    start = time.process_time()
    found = fit(customers, features=() if kind in mixed.ALONE else customers.columns[1:])
    told = [re.search(r"--k (\d+)", notice.message) for notice in found.notices if notice.code == "stretched-groups"]
    return Judged(
        kind=kind,
        dimensions=columns,
        seed=seed,
        planted=drawn.k,
        error=drawn.error,
        taken=found.k if found.verdict != "no groups" else 1,
        recommended=int(told[0][1]) if told and told[0] else None,
        verdict=found.verdict,
        seconds=round(time.process_time() - start, 2),
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--half", choices=sorted(SEEDS), default="held-out")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--kinds", nargs="*", default=[*NULLS, *PLANTED, *MIXED])
    options.add_argument("--dimensions", nargs="*", type=int, default=DIMENSIONS)
    options.add_argument("--keep", type=Path, help="a JSON line a table, written as it is done and not done again")
    options.add_argument("--into", type=Path, help="page with the marks that the table goes between")
    chosen = options.parse_args()
    of_numbers, with_levels = [k for k in chosen.kinds if k not in MIXED], [k for k in chosen.kinds if k in MIXED]
    jobs = [(kind, d, seed) for seed in SEEDS[chosen.half] for kind in of_numbers for d in chosen.dimensions]
    jobs += [(kind, n_columns(kind), seed) for seed in MIXED_SEEDS[chosen.half] for kind in with_levels]
    results = judge_all(jobs, chosen.jobs, chosen.keep)
    text = f"{table(results)}\n\n{sums(results, chosen.half)}\n"
    print(text)
    if chosen.into:
        put(text, chosen.into)
    short = shortfalls(results)
    print("\n".join(short) if short else "Every share reaches its floor.")
    return int(bool(short))


def judge_all(jobs: Sequence[Job], processes: int, keep: Path | None) -> list[Judged]:
    """Every table, several at a time; a run that was broken off goes on where `keep` ends."""
    lines = keep.read_text().splitlines() if keep and keep.exists() else []
    done = {(r.kind, r.dimensions, r.seed): r for r in (Judged(**json.loads(line)) for line in lines)}
    left = [job for job in jobs if job not in done]
    with ProcessPoolExecutor(processes) if processes > 1 else nullcontext() as pool:
        # A process of its own for a single one would be a copy of this, threads at work and all, and may never end.
        for result in pool.map(judge, left) if pool else map(judge, left):
            done[result.kind, result.dimensions, result.seed] = result
            if keep:
                with keep.open("a") as file:
                    file.write(json.dumps(asdict(result)) + "\n")
            if sys.stderr.isatty():
                print(f"\r{len(done)} of {len(jobs)}", end="", file=sys.stderr, flush=True)
    return [done[job] for job in jobs]


def table(results: Sequence[Judged]) -> str:
    """A row a kind and number of columns."""
    lines = [
        "| Tables | Columns | Right | Said *no groups* | Recommended a mixture | If wrong, planted: taken |",
        "|---|---|---|---|---|---|",
    ]
    for kind, d in dict.fromkeys((r.kind, r.dimensions) for r in _in_order(results)):
        cell = [r for r in results if (r.kind, r.dimensions) == (kind, d)]
        none = sum(r.verdict == "no groups" for r in cell)
        other = sum(r.recommended is not None for r in cell)
        wrong = ", ".join(r.said for r in cell if not r.right)
        lines.append(f"| {kind} | {d} | {_right(cell)} of {len(cell)} | {none} | {other} | {wrong} |")
    return "\n".join(lines)


def sums(results: Sequence[Judged], half: str) -> str:
    """The shares that have a floor, and what it cost."""
    parts = [f"The {half} seeds, 800 customers a table."]
    named = {"separable": SEPARATE, "separable, not Gaussian": OTHERWISE, "small beside a large one": LOPSIDED}
    levels = {
        "without groups, with categories": mixed.NULLS,
        "separable, with categories": mixed.SEPARATE,
        "hidden by other columns": mixed.HIDDEN,
    }
    for name, kinds in {"without groups": NULLS, **named, **levels}.items():
        group = [r for r in results if r.kind in kinds]
        if group:
            parts.append(f"Right on tables {name}: {_right(group)} of {len(group)} ({_percent(group)}).")
    for name, of_levels in (("a table", False), ("a table with categories", True)):
        seconds = sorted(r.seconds for r in results if (r.kind in MIXED) == of_levels)
        if seconds:
            middle = seconds[len(seconds) // 2]
            parts.append(f"Seconds of one processor {name}: {middle:.1f} in the middle, {seconds[-1]:.1f} at most.")
    return "\n".join(parts)


def shortfalls(results: Sequence[Judged]) -> list[str]:
    """What is below its floor. What stands in TOLD is told and not promised."""
    found = []
    for name, kinds, floor in FLOORS:
        group = [r for r in results if r.kind in kinds]
        if group and _right(group) < floor * len(group):
            found.append(f"{name}: {_percent(group)} right, below {100 * floor:.0f} %")
    for kind, d in dict.fromkeys((r.kind, r.dimensions) for r in results if r.kind not in TOLD):
        cell = [r for r in results if (r.kind, r.dimensions) == (kind, d)]
        if _right(cell) < ROW_FLOOR * len(cell):
            found.append(f"{kind}, {d} columns: {_right(cell)} of {len(cell)} right, below {100 * ROW_FLOOR:.0f} %")
    return found


def put(text: str, page: Path, marks: tuple[str, str] = (BEGIN, END)) -> None:
    """Replaces what stands between the marks."""
    begin, end = marks
    before, rest = page.read_text().split(begin)
    page.write_text(f"{before}{begin}\n{text}{end}{rest.split(end)[1]}")


def _right(cell: Sequence[Judged]) -> int:
    return sum(r.right for r in cell)


def _percent(group: Sequence[Judged]) -> str:
    return f"{100 * _right(group) / len(group):.1f} %"


def _in_order(results: Sequence[Judged]) -> list[Judged]:
    kinds = (*NULLS, *PLANTED, *MIXED)
    return sorted(results, key=lambda r: (kinds.index(r.kind), r.dimensions))


if __name__ == "__main__":
    sys.exit(main())
