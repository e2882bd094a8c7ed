"""Recount right and resolved of every outlet straight from a flat file. It shares no code with the service.

By the rules of the product: an outlet counts once per claim (R2), a line sent twice is one (R4), `support` is right as
far as the claim proved true and `deny` as far as it did not (R5, R13), and what stands is the last side that the outlet
took before the answer was known; of two at one instant the one further down the file (R6).

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
    """How much each outlet got right, of how many claims that are resolved."""
    outlets: set[str] = set()
    answers: dict[str, tuple[float, dt.datetime]] = {}
    seen = set()
    taken = defaultdict(list)
    for place, text in enumerate(path.read_text().splitlines()):
        line = json.loads(text)
        outlet, claim, published = line["outlet"], line["claim_id"], moment(line["published_at"])
        outlets.add(outlet)
        if line["outcome"] is not None:
            answers[claim] = float(line["outcome"]), moment(line["resolved_at"])
        report = (outlet, claim, line["stance"], published, line["url"])
        if line["stance"] in SIDES and report not in seen:
            seen.add(report)
            taken[outlet, claim].append((published, place, SIDES[line["stance"]]))

    counts = dict.fromkeys(outlets, (0.0, 0))
    for (outlet, claim), sides in taken.items():
        if claim not in answers:
            continue
        truth, known = answers[claim]
        in_time = [side for side in sides if side[0] < known]
        if in_time:
            right, resolved = counts[outlet]
            counts[outlet] = right + (truth if max(in_time)[2] == 1 else 1 - truth), resolved + 1
    return counts


def moment(text: str) -> dt.datetime:
    """An instant, or a bare date as its midnight in UTC."""
    read = dt.datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


if __name__ == "__main__":
    for name, (right_, resolved_) in sorted(recount(Path(sys.argv[1])).items()):
        sys.stdout.write(f"{right_:g}\t{resolved_}\t{name}\n")
