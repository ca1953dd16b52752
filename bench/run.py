"""Speed and quality beside the usual notebook, as the table of docs/performance.md.

    make bench                                      1 and 10 million customers; most of the time is the peer's
    python bench/run.py --rows 20000 --cap 60       a quick look
    python bench/run.py --into docs/performance.md  puts the table in its place on the page

Each program runs by itself, one after the other, so that imports, memory and threads do not mix. A peer that has not
ended after --cap seconds is stopped, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from segmentry.samples import write_sample

HERE = Path(__file__).parent
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
APART = ("imports", "pictures")


def run(program: str, *arguments: object, cap: float | None = None) -> tuple[list[dict[str, Any]], bool]:
    """The JSON lines that a program of this folder prints, and whether it came to its end."""
    command = [sys.executable, str(HERE / program), *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=cap, check=False)
    except subprocess.TimeoutExpired as stopped:
        raw = stopped.stdout or b""
        out = raw.decode() if isinstance(raw, bytes) else raw
        return _lines(out), False
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
    return _lines(done.stdout), done.returncode == 0


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def steps(lines: list[dict[str, Any]], what: str = "seconds") -> dict[str, float]:
    """By step: the seconds that passed, or its "work", the seconds that processors were busy with it."""
    return {line["step"]: line[what] for line in lines if "step" in line}


def net(found: dict[str, float]) -> float:
    """Seconds without imports and pictures, which do not grow with the customers and stand in lines of their own."""
    return sum(seconds for step, seconds in found.items() if step not in APART)


def fit_rows(source: Path, rows: int, work: Path, cap: float, repeats: int) -> list[tuple[str, str, str, str]]:
    size = f"{rows / 1e6:g} million"
    scans = [run("scan.py", source)[0] for _ in range(max(3, repeats))]
    scan, scan_work = (statistics.median(steps(lines, w)["scan"] for lines in scans) for w in ("seconds", "work"))
    runs = [run("ours.py", source, work / "ours")[0] for _ in range(repeats)]
    middle = sorted(runs, key=lambda lines: net(steps(lines)))[repeats // 2]
    ours, ours_work = steps(middle), net(steps(middle, "work"))
    peak = max(line["peak_mb"] for lines in runs for line in lines if "peak_mb" in line)
    peer_lines, ended = run("peer.py", source, work / "peer", cap=cap)
    peer, peer_work = steps(peer_lines), net(steps(peer_lines, "work"))
    theirs = net(peer) if ended else max(cap, net(peer))
    more = "" if ended else "more than "
    last = "" if ended else f" (stopped{f' after {list(peer)[-1]}' if peer else ''})"
    table = [
        (
            f"fit, {size}: Parquet to all outputs",
            f"{net(ours):.1f} s",
            f"{more}{theirs:.0f} s{last}",
            f"{more}{theirs / net(ours):.0f} times",
        ),
        (f"fit, {size}: beside the bare scan", f"{net(ours):.1f} s", f"{scan:.2f} s", f"{net(ours) / scan:.0f} scans"),
        (
            f"fit, {size}: processor seconds",
            f"{ours_work:.1f} s",
            f"{more}{peer_work:.0f} s; scan {scan_work:.2f} s",
            f"{more}{peer_work / ours_work:.0f} times; {ours_work / scan_work:.0f} scans",
        ),
        (f"fit, {size}: a million customers", f"{net(ours) / rows * 1e6:.2f} s", "", ""),
        (f"fit, {size}: largest memory", f"{peak:,.0f} MB", "", ""),
    ]
    for step in APART:
        table.append(
            (f"{step}, {size}", f"{ours.get(step, 0):.1f} s", f"{peer[step]:.1f} s" if step in peer else "", "")
        )
    told = ", ".join(f"{step} {seconds:.1f}" for step, seconds in ours.items() if step not in APART)
    return [*table, (f"steps, {size}", told, "", "")]


def part_rows(source: Path, most: int) -> list[tuple[str, str, str, str]]:
    lines, _ = run("parts.py", source, most)
    found = []
    inertias = [line for line in lines if line["part"].startswith("inertia")]
    if inertias:
        worst = max(line["ours"] / line["peer"] for line in inertias)
        found.append(("inertia beside scikit-learn's with ten starts, worst of k = 2..10", f"{worst:.6f}", "1", ""))
    for line in lines:
        name, ours, peer = line["part"], line["ours"], line["peer"]
        if name == "search":
            found.append(("search for k = 2..10, 2,240 customers", f"{ours:.2f} s", "", ""))
        elif name == "silhouette":
            found.append((f"exact silhouette, {min(most, 1_000_000):,} x 10", f"{ours:.2f} s", "", ""))
        elif name.startswith("scoring"):
            found.append((name, f"{ours:.1f}", f"{peer:.1f}", f"{ours / peer:.2f} times"))
    return found


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    versions = f"Python {platform.python_version()} on {platform.system()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {versions}; load average at the end {busy}."


def page(rows: list[tuple[str, str, str, str]]) -> str:
    head = ["| What | segmentry | Peer | |", "|---|---|---|---|"]
    return "\n".join([machine(), "", *head, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def put(text: str, path: Path) -> None:
    """The table between its two marks on the page."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--cap", type=float, default=1800, help="seconds after which the peer is stopped")
    parser.add_argument("--repeats", type=int, default=3, help="runs of segmentry; the median counts")
    parser.add_argument("--work", type=Path, default=Path("bench-out"))
    parser.add_argument("--into", type=Path, help="page with the marks that the table goes between")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    table: list[tuple[str, str, str, str]] = []
    for rows in asked.rows:
        source = asked.work / f"customers-{rows}.parquet"
        if not source.exists():
            write_sample("marketing", source, rows, 0)
        table += fit_rows(source, rows, asked.work, asked.cap, asked.repeats)
        print(page(table), flush=True)
    table += part_rows(asked.work / f"customers-{asked.rows[0]}.parquet", min(asked.rows[0], 2_000_000))
    text = page(table)
    (asked.work / "table.md").write_text(text, encoding="utf-8")
    print(text)
    if asked.into:
        put(text, asked.into)


if __name__ == "__main__":
    main()
