"""Is the number of segments honest? Every kind of table, with and without groups, and what the verdict makes of it.

    make battery                 the held-out half of the seeds, 8 tables a cell
    make battery HALF=tuning     the half that thresholds were set on

A table without groups counts when the verdict is *no groups*; one with groups when their number is found and the
verdict is another one. Tables are drawn in `planted.py`.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_variable, "1")  # one table a process

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))

from planted import DIMENSIONS, NULLS, PLANTED, make  # noqa: E402

from segmentry.estimator import Segmenter  # noqa: E402

SEEDS = {"tuning": range(0, 16, 2), "held-out": range(1, 17, 2)}
ENOUGH = {"no groups": 0.95, "separable": 0.90, "row": 0.80}


def judge(job: tuple[str, int, int]) -> dict[str, object]:
    """One table: what was planted, what was found."""
    warnings.simplefilter("ignore")
    planted = make(*job)
    start = time.perf_counter()
    found = Segmenter("auto", random_state=0).fit(planted.values)
    groups = found.verdict_ != "no groups"
    return {
        "kind": planted.kind,
        "dimensions": planted.dimensions,
        "seed": planted.seed,
        "planted": planted.k,
        "error": planted.error,
        "found": found.n_segments_ if groups else 1,
        "k": found.n_segments_,
        "verdict": found.verdict_,
        "right": (found.n_segments_ == planted.k) if planted.k > 1 and groups else planted.k == 1 and not groups,
        "seconds": round(time.perf_counter() - start, 2),
    }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--half", choices=sorted(SEEDS), default="held-out")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--kinds", nargs="*", default=[*NULLS, *PLANTED])
    options.add_argument("--write", type=Path, default=None, help="also write every table's line as JSON")
    chosen = options.parse_args()
    jobs = [(kind, d, seed) for seed in SEEDS[chosen.half] for kind in chosen.kinds for d in DIMENSIONS]
    with ProcessPoolExecutor(chosen.jobs) as pool:
        results = []
        for done, result in enumerate(pool.map(judge, jobs), start=1):
            results.append(result)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(jobs)}", end="", file=sys.stderr, flush=True)
            if chosen.write:
                chosen.write.write_text("".join(json.dumps(r) + "\n" for r in results))
    return report(results, chosen.half)


def report(results: list[dict[str, object]], half: str) -> int:
    """The table, a row a cell, and the sums that are asked for; 1 when they fall short."""
    print(f"\n{half} seeds; right = no groups said of tables without, the planted number found in tables with groups")
    print(f"{'kind':14}{'dimensions':>11}{'tables':>8}{'right':>7}{'said no groups':>16}  if wrong: planted -> taken")
    low = False
    for kind in dict.fromkeys(r["kind"] for r in results):
        for d in DIMENSIONS:
            cell = [r for r in results if (r["kind"], r["dimensions"]) == (kind, d)]
            share = sum(bool(r["right"]) for r in cell) / max(len(cell), 1)
            none = sum(r["verdict"] == "no groups" for r in cell) / max(len(cell), 1)
            wrong = ", ".join(f"{r['planted']}->{r['found']}" for r in cell if not r["right"])
            low |= bool(cell) and share < ENOUGH["row"]
            print(f"{kind:14}{d:11}{len(cell):8}{share:7.0%}{none:16.0%}  {wrong}")
    nulls = [bool(r["right"]) for r in results if r["planted"] == 1]
    parted = [bool(r["right"]) for r in results if r["kind"] in ("equal", "unequal", "elongated")]
    sums = {"no groups": sum(nulls) / max(len(nulls), 1), "separable": sum(parted) / max(len(parted), 1)}
    for name, share in sums.items():
        print(f"{name}: {share:.1%} of {len(nulls if name == 'no groups' else parted)} (at least {ENOUGH[name]:.0%})")
    seconds = sorted(float(str(r["seconds"])) for r in results)
    print(f"seconds a table: median {seconds[len(seconds) // 2]:.1f}, most {seconds[-1]:.1f}")
    return int(low or any(sums[name] < ENOUGH[name] for name in sums))


if __name__ == "__main__":
    sys.exit(main())
