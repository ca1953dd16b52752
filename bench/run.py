"""Speed and quality beside what people use otherwise, as the table of docs/performance.md.

    make bench                                      1 and 10 million customers, under 25 minutes
    python bench/run.py --rows 20000 --cap 60       a quick look
    python bench/run.py --into docs/performance.md  puts the table in its place on the page

Each program runs by itself, one after the other, so that imports, memory and threads do not mix. A peer that has not
ended after --cap seconds, or when --minutes are over, is stopped, and the table says so. What fails is told in the
table too, and the rest goes on. Spark takes part where it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from segmentry.samples import write_sample

HERE = Path(__file__).parent
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
APART = ("imports", "pictures")
LIBRARIES = ("polars", "numpy", "scikit-learn", "pandas")

Row = tuple[str, str, str, str]


@dataclass
class Bench:
    """The time there is, and what was told on the way."""

    work: Path
    cap: float
    until: float
    started: float = field(default_factory=time.monotonic)

    def run(self, program: str, *arguments: object, cap: float | None = None) -> tuple[list[dict[str, Any]], str]:
        """The JSON lines that a program of this folder prints; and "ended", "stopped" or "failed"."""
        left = max(self.until - time.monotonic(), 1.0)
        limit = min(left, cap) if cap else left
        command = [sys.executable, str(HERE / program), *map(str, arguments)]
        self.say(f"{program} {' '.join(map(str, arguments))} (at most {limit:.0f} s)")
        out = self.work / "out.txt"
        with out.open("w+") as told, (self.work / "errors.txt").open("w+") as errors:
            running = subprocess.Popen(command, stdout=told, stderr=errors, start_new_session=True)
            try:
                code: int | None = running.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
                # The whole group: Spark's own process is a child of the program.
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
            if code:
                errors.seek(0)
                self.say(f"{program} failed: {errors.read()[-1500:]}")
        return _lines(out.read_text()), "stopped" if code is None else "failed" if code else "ended"

    def say(self, text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - self.started:6.0f} s] {text}\n")
        sys.stderr.flush()


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def steps(lines: list[dict[str, Any]], what: str = "seconds") -> dict[str, float]:
    """By step: the seconds that passed, or its "work", the seconds that processors were busy with it."""
    return {line["step"]: line[what] for line in lines if "step" in line}


def net(found: dict[str, float]) -> float:
    """Seconds without imports and pictures, which do not grow with the customers and stand in lines of their own."""
    return sum(seconds for step, seconds in found.items() if step not in APART)


def fit_rows(bench: Bench, source: Path, rows: int, repeats: int) -> Iterator[Row]:
    size = f"{rows / 1e6:g} million"
    scans, runs = [], []
    for _ in range(repeats):
        scans.append(bench.run("scan.py", source)[0])
        runs.append(bench.run("ours.py", source, bench.work / "ours")[0])
    scan, scan_work = (statistics.median(steps(lines, w)["scan"] for lines in scans) for w in ("seconds", "work"))
    middle = sorted(runs, key=lambda lines: net(steps(lines)))[repeats // 2]
    ours, ours_work = steps(middle), steps(middle, "work")
    peak = max(line["peak_mb"] for lines in runs for line in lines if "peak_mb" in line)
    yield f"fit, {size}: beside the bare scan", f"{net(ours):.1f} s", f"{scan:.2f} s", f"{net(ours) / scan:.0f} scans"
    yield f"fit, {size}: a million customers", f"{net(ours) / rows * 1e6:.2f} s", "", ""
    yield f"fit, {size}: largest memory", f"{peak:,.0f} MB", "", ""
    told = ", ".join(f"{step} {seconds:.1f}" for step, seconds in ours.items() if step not in APART)
    yield f"fit, {size}: seconds by step", told, "", ""
    told = ", ".join(f"{step} {seconds:.1f}" for step, seconds in ours_work.items() if step not in APART)
    yield f"fit, {size}: processor seconds by step", told, "", ""
    begun = time.monotonic()
    peer_lines, end = bench.run("peer.py", source, bench.work / "peer", cap=bench.cap)
    if end == "failed":
        yield f"fit, {size}: Parquet to all outputs", f"{net(ours):.1f} s", "failed", ""
        return
    ended = end == "ended"
    peer, peer_work = steps(peer_lines), net(steps(peer_lines, "work"))
    theirs = net(peer) if ended else max(time.monotonic() - begun - sum(peer.get(step, 0.0) for step in APART), 0.0)
    more = "" if ended else "more than "
    last = "" if ended else f" (stopped{f' after {list(peer)[-1]}' if peer else ''})"
    yield (
        f"fit, {size}: Parquet to all outputs",
        f"{net(ours):.1f} s",
        f"{more}{theirs:.0f} s{last}",
        f"{more}{theirs / net(ours):.0f} times",
    )
    work = net(ours_work)
    yield (
        f"fit, {size}: processor seconds",
        f"{work:.1f} s",
        f"{more}{peer_work:.0f} s; scan {scan_work:.2f} s",
        f"{more}{peer_work / work:.0f} times; {work / scan_work:.0f} scans",
    )
    for step in APART:
        yield f"{step}, {size}", f"{ours.get(step, 0):.1f} s", f"{peer[step]:.1f} s" if step in peer else "", ""


def scoring_rows(bench: Bench, source: Path, rows: int) -> Iterator[Row]:
    lines, _ = bench.run("scoring.py", source, rows)
    for part in dict.fromkeys(line["part"] for line in lines):
        by_kind = {line["kind"]: line for line in lines if line["part"] == part}
        peer = by_kind.pop("peer")
        for kind, own in by_kind.items():
            for what, name in (("seconds", "millions a second"), ("work", "millions a processor second")):
                ours, theirs = (line["rows"] / line[what] / 1e6 for line in (own, peer))
                yield f"{part}, {kind}: {name}", f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.1f} times"


def part_rows(bench: Bench, rows: int) -> Iterator[Row]:
    lines, _ = bench.run("parts.py", rows)
    inertias = [line["ours"] / line["peer"] for line in lines if line["part"].startswith("inertia")]
    if inertias:
        yield "inertia beside scikit-learn's with ten starts, worst of k = 2..10", f"{max(inertias):.6f}", "1", ""
    names = {
        "search": "search for k = 2..10 with its evidence, 2,240 customers",
        "silhouette": f"exact silhouette, {min(rows, 1_000_000):,} x 10",
    }
    for line in lines:
        if line["part"] in names:
            yield names[line["part"]], f"{line['ours']:.2f} s", "", ""


def spark_rows(bench: Bench, source: Path, rows: int) -> Iterator[Row]:
    name = f"Spark, {rows / 1e6:g} million, local[2]: fit for k = 2..10"
    lines, end = bench.run("spark.py", source, cap=bench.cap)
    ours, parts = steps(lines), {line["part"]: line for line in lines if "part" in line}
    if "fit" not in ours:
        yield name, end, "", ""
        return
    done = [line["so_far"] for part, line in parts.items() if part.startswith("peer k=")]
    more, theirs = ("", ours["peer"]) if "peer" in ours else ("more than ", max(done, default=0.0))
    times = f"{more}{theirs / ours['fit']:.1f} times"
    yield name, f"{ours['fit']:.0f} s", f"{more}{theirs:.0f} s", times
    if "peer" in ours:
        work = steps(lines, "work")
        ratio = f"{work['peer'] / work['fit']:.1f} times"
        yield f"{name}, processor seconds", f"{work['fit']:.0f} s", f"{work['peer']:.0f} s", ratio
    if "inertia" in parts:
        found = parts["inertia"]
        ratio = f"{found['ours'] / found['peer']:.4f}"
        yield f"{name}, inertia at k = {found['k']}", f"{found['ours']:,.0f}", f"{found['peer']:,.0f}", ratio
    if "driver" in parts:
        yield "Spark: growth of the driver's memory", f"{parts['driver']['grew_mb']:,.0f} MB", "", ""


def machine(busy: tuple[float, float, float]) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    models = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    loads = f"load average {busy[0]:.1f} at the start, {os.getloadavg()[0]:.1f} at the end"
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    processor = f" ({', '.join(sorted(models))})" if models else ""
    system = f"{memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores{processor}, {system}, {versions}; {loads}."


def page(rows: list[Row], described: str) -> str:
    head = ["| What | segmentry | Peer | |", "|---|---|---|---|"]
    return "\n".join([described, "", *head, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def put(text: str, path: Path) -> None:
    """The table between its two marks on the page."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


def sample(bench: Bench, rows: int) -> Path:
    source = bench.work / f"customers-{rows}.parquet"
    if not source.exists():
        bench.say(f"making {rows:,} customers")
        write_sample("marketing", source, rows, 0)
    return source


def has_spark() -> bool:
    return importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--cap", type=float, default=600, help="seconds after which a peer is stopped")
    parser.add_argument("--minutes", type=float, default=24, help="after which nothing new is begun")
    parser.add_argument("--repeats", type=int, default=3, help="runs of segmentry; the median counts")
    parser.add_argument("--spark-rows", type=int, help="customers for Spark, 0 for none (the most of --rows)")
    parser.add_argument("--only", nargs="+", choices=["parts", "scoring", "fit", "spark"], help="these parts alone")
    parser.add_argument("--work", type=Path, default=Path("bench-out"))
    parser.add_argument("--into", type=Path, help="page with the marks that the table goes between")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(asked.work, asked.cap, time.monotonic() + 60 * asked.minutes)
    busy, wanted = os.getloadavg(), asked.only or ["parts", "scoring", "fit", "spark"]
    least, most = min(asked.rows), max(asked.rows)
    spark = most if asked.spark_rows is None else asked.spark_rows
    jobs: dict[str, list[Iterator[Row]]] = {
        "parts": [part_rows(bench, least)],
        "scoring": [scoring_rows(bench, sample(bench, most), min(most, 5_000_000))],
        "fit": [fit_rows(bench, sample(bench, rows), rows, asked.repeats) for rows in asked.rows],
        "spark": [spark_rows(bench, sample(bench, spark), spark)] if spark and has_spark() else [],
    }
    table: list[Row] = []
    for name in wanted:
        for rows in jobs[name]:
            try:
                for row in rows:
                    table.append(row)
                    print(f"| {' | '.join(row)} |", flush=True)
            except (KeyError, ValueError, statistics.StatisticsError) as error:
                # A program that was stopped or failed has not told all; the table says what is missing.
                bench.say(f"{name}: incomplete ({error!r})")
                table.append((f"{name}: not complete, out of time or failed", "", "", ""))
    text = page(table, machine(busy))
    (asked.work / "table.md").write_text(text, encoding="utf-8")
    print(f"\n{text}")
    if asked.into:
        put(text, asked.into)


if __name__ == "__main__":
    main()
