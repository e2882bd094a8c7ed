"""Count the right and the resolved claims of every outlet directly from a flat file, without code of the service.

The rules of the product: an outlet counts once per claim (R2); a repeated line counts once (R4); `support` is right to
the extent that the claim proved true, and `deny` to the extent that it did not (R5, R13); an outlet's current stance is
its last side before the answer was known, and of two at one instant, the later one in the file (R6).

    python tests/support/recount.py FILE.ndjson
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections import defaultdict
from pathlib import Path

SIDES = {"asserts": 1, "support": 1, "denies": -1, "deny": -1}


def recount(path: Path) -> dict[str, tuple[float, int]]:
    """Return how many claims each outlet got right, and how many are resolved."""
    outlets: set[str] = set()
    answers: dict[str, tuple[float, dt.datetime]] = {}
    seen = set()
    sides_of = defaultdict(list)
    for place, text in enumerate(path.read_text().splitlines()):
        line = json.loads(text)
        outlet, claim, published = line["outlet"], line["claim_id"], moment(line["published_at"])
        outlets.add(outlet)
        if line["outcome"] is not None:
            answers[claim] = float(line["outcome"]), end(line["resolved_at"])
        report = (outlet, claim, line["stance"], published, line["url"])
        if line["stance"] in SIDES and report not in seen:
            seen.add(report)
            sides_of[outlet, claim].append((published, place, SIDES[line["stance"]]))

    counts = dict.fromkeys(outlets, (0.0, 0))
    for (outlet, claim), sides in sides_of.items():
        if claim not in answers:
            continue
        truth, known = answers[claim]
        in_time = [side for side in sides if side[0] < known]
        if in_time:
            right, resolved = counts[outlet]
            counts[outlet] = right + (truth if max(in_time)[2] == 1 else 1 - truth), resolved + 1
    return counts


def moment(text: str) -> dt.datetime:
    """Return an instant, or the midnight in UTC of a bare date."""
    parsed = dt.datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)


def end(text: str) -> dt.datetime:
    """Return an instant, or the last microsecond of a bare date in UTC (R6a)."""
    return moment(text) if len(text) > len("2024-02-14") else moment(f"{text}T23:59:59.999999Z")


if __name__ == "__main__":
    for name, (right_, resolved_) in sorted(recount(Path(sys.argv[1])).items()):
        sys.stdout.write(f"{right_:g}\t{resolved_}\t{name}\n")
