"""Run the benchmarks, print their tables, and keep the results in bench/results.json and docs/pictures/growth.svg.

    python -m bench.all [--only hot,writes,growth] [--scale 5] [--rounds 4] [--seconds 3]

Our runs and those of the peers alternate. Figures are medians over the rounds; a ratio is the median of the ratios of
the rounds, with the smallest and the largest one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.growth import flatness, measure_growth
from bench.growth_picture import draw
from bench.hot_scores import measure_scores
from bench.load import Measured
from bench.writes import measure_writes
from tests.support.paths import ROOT

RESULTS = ROOT / "bench" / "results.json"
PICTURE = ROOT / "docs" / "pictures" / "growth.svg"
PARTS = ("hot", "writes", "growth")
_LIMITS = {"search": 3.0, "like": 3.0, "import, per line": 3.0}
_LIMIT = 2.0
_INSERTING = ("FastAPI", "Flask and SQLAlchemy", "Django REST")


def summarise(runs: Mapping[str, Sequence[Measured]], peers: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return the rates, the tails, and the ratios to peers with their spread."""
    found: dict[str, dict[str, object]] = {}
    for name, of_name in runs.items():
        found[name] = {
            "per_second": round(statistics.median(run.rate for run in of_name), 1),
            "p99_ms": round(1000 * statistics.median(run.percentile(0.99) for run in of_name), 2),
            "failures": sum(run.failures for run in of_name),
        }
        for peer in peers:
            same_call = f"{peer}, {name.rpartition(', ')[2]}"
            of_peer = same_call if same_call in runs else peer
            if of_peer in runs:
                ratios = [run.rate / other.rate for run, other in zip(of_name, runs[of_peer], strict=True)]
                found[name][f"to {of_peer}"] = [round(f(ratios), 3) for f in (statistics.median, min, max)]
    return found


def show(title: str, summary: Mapping[str, Mapping[str, object]]) -> None:
    """Print a table of rates."""
    print(f"\n{title}")
    for name, row in summary.items():
        ratios = "  ".join(
            f"{value[0]:.2f} ({value[1]:.2f} to {value[2]:.2f}) x {key.removeprefix('to ')}"
            for key, value in row.items()
            if isinstance(value, list)
        )
        print(
            f"{name:28} {row['per_second']:>9}/s  p99 {row['p99_ms']:>7} ms  failures {row['failures']}  {ratios}",
            flush=True,
        )


def show_growth(growth: Mapping[str, Mapping[int, float]]) -> None:
    """Print the curves, and whether each is flat."""
    sizes = list(next(iter(growth.values())))
    print(f"\n{'milliseconds':20} {' '.join(f'{size:>11}' for size in sizes)}   largest / smallest")
    for name, curve in growth.items():
        limit = _LIMITS.get(name, _LIMIT)
        values = " ".join(f"{curve[size]:11.2f}" for size in sizes)
        print(f"{name:20} {values}   {flatness(curve):.2f} (limit {limit:g})")


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="the parts, separated by commas")
    parser.add_argument("--scale", type=int, default=5, help="the power of ten of the reports in the largest database")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    parts = options.only.split(",")
    if not set(parts) <= set(PARTS):
        parser.error(f"--only takes {', '.join(PARTS)}")
    rounds, seconds = options.rounds, options.seconds
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="bo-") as name:
            folder = Path(name)
            folder.chmod(0o755)  # PostgreSQL runs as another user
            if part == "hot":
                of_part: object = summarise(
                    measure_scores(folder, rounds=rounds, seconds=seconds), ("FastAPI", "bare gunicorn")
                )
            elif part == "writes":
                of_part = summarise(measure_writes(folder, rounds=rounds, seconds=seconds), _INSERTING)
            else:
                growth = measure_growth(folder, scale=options.scale, rounds=5 * rounds)
                show_growth(growth)
                of_part = {
                    name: {str(size): round(value, 3) for size, value in by.items()} for name, by in growth.items()
                }
                PICTURE.write_text(draw(growth))
        if isinstance(of_part, dict) and part != "growth":
            show(part, of_part)
        measured_at = dt.datetime.now(dt.UTC).isoformat(timespec="minutes")
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        results[part] = {"measured_at": measured_at, "machine": machine, "results": of_part}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
