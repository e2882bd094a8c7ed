"""Export all rows that scores are computed from, so that anybody can recompute them or import them elsewhere.

Withdrawn reports and resolutions that are not in effect are left out. Disputes and replies are exported, too, although
no score depends on them.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from service.methods.reliability import METHOD
from service.storage.db import Database
from service.transfer.export.comments import context_lines, dispute_lines, reply_lines
from service.transfer.export.lines import Line, claim_lines, outlet_lines, report_lines, resolution_lines
from service.values.ids import new_id
from service.values.instants import format_instant

_ABOUT = """\
All rows from which a Borneout service computed its scores at {moment}, by the method {method}.

{members}

Each line is one JSON object. `borneout import` loads the first four files, in this order, into an empty database, which
then has the same scores. Lines refer to outlets by `slug` and to claims by `external_id`, or by id if a claim has none.
A `published_precision` or `known_precision` of `day` belongs to a moment that was given as a bare date.
A report's `stance_source` is `probability` if its stance was derived from its probability, else `stated`.
A report's `lexicon` is the version that read `commitment` from its quote; it is null if the commitment was stated.
An outlet with `merged_into` is the same as that outlet: its reports count there, and the two cannot relay each other.
The reports of an outlet on a claim are in order. The last one that takes a side and was published before the
resolution's `known_at` counts. Withdrawn reports and resolutions that are not in effect are left out.
No score depends on disputes and replies, and `borneout import` does not load them. A dispute is about the resolution of
its claim; its `closure` is null while it is open, and gives the reason once it is closed. A reply is about a claim, or
about the whole record of the outlet if `claim` is null; withdrawn replies are left out.
A context's `rates` give how often reported claims proved true. Each is a cell (stance, kind, commitment, topic, or the
first of these), its weight in claims and the weight that proved true, in billionths. Its `claims` are the number of
claims that it was fitted on. Scores are compared with the last context; without one, with no cells and a kappa of 8.
"""


def write_export(db: Database, folder: Path, *, now: dt.datetime) -> dict[str, int]:
    """Write an export of the record at one moment. If it fails, no folder is created.

    Args:
        db: The database.
        folder: The folder to create; an existing one must be empty.
        now: The time of the call.

    Returns:
        The number of lines of each file.

    Raises:
        OSError: The folder cannot be written, or is not empty.
    """
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(errno.EEXIST, "The folder exists and is not empty", str(folder))
    part = folder.with_name(f".{folder.name}-{new_id().hex[-12:]}")
    part.mkdir()
    try:
        with db.read(unlimited=True) as session:
            counts = {name: _write(part / f"{name}.ndjson", lines(session)) for name, lines in _members(now).items()}
        (part / "README.txt").write_text(_about(counts, now))
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return counts


def _write(path: Path, lines: Iterable[Line]) -> int:
    count = 0
    with path.open("w") as file:
        for count, line in enumerate(lines, 1):  # noqa: B007 - used after the loop
            file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return count


def _about(counts: dict[str, int], now: dt.datetime) -> str:
    members = "\n".join(f"{name}.ndjson".ljust(20) + f"{count:>10}" for name, count in counts.items())
    return _ABOUT.format(moment=format_instant(now), method=METHOD, members=members)


def _members(now: dt.datetime) -> Mapping[str, Callable[[Session], Iterator[Line]]]:
    return {
        "outlets": outlet_lines,
        "claims": partial(claim_lines, now=now),
        "reports": partial(report_lines, now=now),
        "resolutions": partial(resolution_lines, now=now),
        "disputes": dispute_lines,
        "replies": reply_lines,
        "contexts": context_lines,
    }
