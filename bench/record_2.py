"""Check the promises of `record/2` on many cases.

    python -m bench.record_2 [CASES]

* Each claim moves a score the right way: on CASES (100,000) random records, and after every claim of every outlet in
  the open data, if OPEN_DATA is the path of their folder.
* Intervals hold when a whole field errs together: the mean coverage over a hundred simulated fields, with a common
  shock of .4 in log-odds in each half-year and without one, beside that of `record/1`.
* The drift is small without a shared error, even if five reports of each claim are equal.

A claim that moves a score the wrong way raises an AssertionError. The exit code is 1 if a figure is outside its limits.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
from pathlib import Path

from service.methods.drift import fit_drift
from service.methods.reliability import LEVELS
from tests.support.fields import covered, equal_reports
from tests.support.moves import check_moves, moves_in, random_move

CASES = 100_000
FIELDS = 100
SEED = 1


def check_random_records(cases: int) -> None:
    """Check one more claim on random records."""
    rng = random.Random(SEED)  # noqa: S311 - the same numbers each time
    for _ in range(cases):
        arguments, options = random_move(rng)
        check_moves(*arguments, **options)
    print(f"{cases} random records: each claim moves the score the right way", flush=True)


def check_open_data(folder: Path) -> None:
    """Check every claim of every outlet in the open data, at every level."""
    for path in sorted(folder.glob("*.ndjson")):
        claims = 0
        for arguments, options in moves_in(path):
            claims += 1
            for level in LEVELS:
                check_moves(*arguments, **options, level=level)
        print(f"{path.stem}: each of {claims} claims moves the score the right way", flush=True)


def measure_fields() -> bool:
    """Print the coverage on simulated fields, and return whether it is within the limits."""
    within = True
    for shock, low, high in ((0.4, 0.85, 1.0), (0.0, 0.88, 0.97)):
        columns = zip(*(covered(shock, seed) for seed in range(FIELDS)), strict=True)
        share, earlier = map(statistics.mean, columns)
        within = within and low <= share <= high
        print(
            f"{FIELDS} fields with a shock of {shock}: record/2 {share:.3f} ({low} to {high}), record/1 {earlier:.3f}"
        )
    return within


def measure_drift() -> bool:
    """Print the median drift of fields without a shared error, and return whether it is at most .2."""
    median = statistics.median(fit_drift(equal_reports(seed)) for seed in range(FIELDS))
    print(f"drift with five equal reports per claim and no shock: median {median:.3f} (at most 0.2)")
    return median <= 0.2


def main() -> int:
    """Run all checks. Return 1 if a figure is outside its limits."""
    check_random_records(int(sys.argv[1]) if len(sys.argv) > 1 else CASES)
    if folder := os.environ.get("OPEN_DATA"):
        check_open_data(Path(folder))
    within = [measure_fields(), measure_drift()]
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
