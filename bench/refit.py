"""Measure the time and memory of a refit of a million reports, compared with crowd-kit's Dawid-Skene.

    python -m bench.refit [REPORTS]

Each method runs in a process of its own, on one core. Seconds are wall-clock and CPU time. Memory is the peak of the
whole process, including the rows. Without crowd-kit (see bench/README.md) only the refit runs.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

OUTLETS = 10_000
PER_CLAIM = 10
_START = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)


class Rows:
    """Synthetic reports of outlets with different skill, on claims of which a third prove true."""

    def __init__(self, reports: int) -> None:
        random = np.random.default_rng(1)
        sizes = 1 + random.poisson(PER_CLAIM - 1, 2 * reports // PER_CLAIM)
        self.claim = np.repeat(np.arange(len(sizes)), sizes)[:reports]
        claims = int(self.claim[-1]) + 1
        self.truth = random.random(claims) < 1 / 3
        skill = random.beta(7, 3, OUTLETS)
        # A few outlets publish most reports.
        self.outlet = np.minimum(random.zipf(1.2, reports) - 1, random.integers(0, OUTLETS, reports))
        right = random.random(reports) < skill[self.outlet]
        self.supports = right == self.truth[self.claim]
        self.commitment = random.integers(1, 5, reports)
        self.topic = random.integers(0, 50, claims)
        self.second = np.sort(random.random(claims)) * 10 * 365 * 86400
        self.lead = random.random(reports) * 30 * 86400

    def __len__(self) -> int:
        return len(self.claim)


def refit_all(rows: Rows) -> str:
    """Fit the three forecast models, as `borneout refit` does after reading the rows."""
    from service.methods.forecast import refit

    state = refit(_cases(rows))
    return f"deltas {[model.delta for model in state.models]}, {state.trained_on} claims"


def _cases(rows: Rows) -> Iterator[object]:
    from service.methods.forecast import ForecastClaim, ForecastReport, Resolved
    from service.values.vocabulary import ClaimKind, Stance

    ends = np.flatnonzero(np.diff(rows.claim, append=-1)) + 1
    start = 0
    for number, end in enumerate(ends):
        known_at = _START + dt.timedelta(seconds=float(rows.second[number]))
        order = start + np.argsort(-rows.lead[start:end])
        reports = [
            ForecastReport(
                outlet=f"outlet-{rows.outlet[i]}",
                stance=Stance.SUPPORT if rows.supports[i] else Stance.DENY,
                published_at=known_at - dt.timedelta(seconds=1 + float(rows.lead[i])),
                commitment=int(rows.commitment[i]),
            )
            for i in order
        ]
        claim = ForecastClaim(f"claim-{number}", ClaimKind.EVENT, f"topic-{rows.topic[number]}")
        yield Resolved(claim, reports, float(rows.truth[number]), known_at)
        start = end


def dawid_skene(rows: Rows) -> str:
    """Run crowd-kit's Dawid-Skene with its default of at most 100 iterations. It does not use resolutions."""
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    frame = pd.DataFrame({"task": rows.claim, "worker": rows.outlet, "label": rows.supports.astype(int)})
    labels = DawidSkene(n_iter=100).fit_predict(frame)
    return f"{np.mean(labels.sort_index().to_numpy() == rows.truth):.3f} of claims right"


METHODS = {"refit": refit_all, "dawid-skene": dawid_skene}


def main() -> None:
    """Measure each method in a process of its own, or the method named as last argument in this process."""
    reports = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        _measure(sys.argv[2], reports)
        return
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    one_core = os.environ | dict.fromkeys(threads, "1")
    for name in METHODS:
        if name == "refit" or importlib.util.find_spec("crowdkit"):
            subprocess.run([sys.executable, "-m", "bench.refit", str(reports), name], check=True, env=one_core)
        else:
            print(f"{name:12} not installed: see bench/README.md")


def _measure(name: str, reports: int) -> None:
    rows = Rows(reports)
    before, busy_before = time.perf_counter(), time.process_time()
    summary = METHODS[name](rows)
    seconds, busy = time.perf_counter() - before, time.process_time() - busy_before
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:12} {len(rows):9,} reports {seconds:6.1f} s ({busy:.1f} s busy) {megabytes:5.0f} MB   {summary}",
        flush=True,
    )


if __name__ == "__main__":
    main()
