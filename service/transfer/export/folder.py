"""Export the whole database as of one moment, into a folder or a zip file.

The files next to the description are for people and for `borneout import`. They contain the records behind the
scores, but neither withdrawn reports nor resolutions that are not in effect. The files in `tables` contain every row.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.reliability import METHOD
from service.storage.db import Database
from service.storage.models import Entry
from service.transfer.export.comments import context_lines, dispute_lines, reply_lines
from service.transfer.export.description import Written, describe_package
from service.transfer.export.lines import Line, claim_lines, outlet_lines, resolution_lines
from service.transfer.export.report_lines import report_lines
from service.transfer.export.tables import exported_tables, table_rows
from service.values.ids import new_id
from service.values.instants import format_instant

DESCRIPTION = "datapackage.json"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # constant, so that equal exports have equal bytes

_ABOUT = """\
All records of a Borneout service{moment}. Its scores were computed by the method {method}.

{files}

Each line is one JSON object; datapackage.json describes the members (Frictionless Data Package). `borneout import`
loads the first four files, in this order, into an empty database, which then has the same scores. `borneout import
--restore` creates the same database from the files in `tables`, with its ids, times, earlier versions and ledger, but
without the secrets of keys. Lines refer to outlets by `slug` and to claims by `external_id`, or by id if a claim has
none.

An outlet with `merged_into` was merged into that outlet: its reports count there, and the two cannot relay each
other. The reports of an outlet on a claim are in order. The last one that supports or denies the claim and was
published before the resolution's `known_at` counts. Withdrawn reports, and resolutions that are not in effect, are
only in `tables`.
Scores do not depend on disputes and replies, and `borneout import` does not load them. A dispute is about the
resolution of its claim. A reply is about a claim, or about the whole record of the outlet if `claim` is null.
The `rates` of a context say how often reported claims proved true. Each is a cell (stance, kind, commitment, topic, or
the first of these), its weight in claims, and the weight that proved true, in billionths. `claims` is the number of
claims that the context was fitted on. Scores use the last context; without one, they use no cells and a kappa of 8.
"""


def write_export(db: Database, target: Path, *, licence: str | None, now: dt.datetime) -> dict[str, int]:
    """Write an export of the whole database as of one moment. On failure, create nothing.

    Args:
        db: The database.
        target: A new or empty folder, or a new file whose name ends in .zip.
        licence: The licence of the data, for the description; None if the operator gave none.
        now: The time of the call.

    Returns:
        The number of lines of each file outside `tables`.

    Raises:
        OSError: The target cannot be written, or exists and is not empty.
    """
    target = target.resolve()
    is_zip = target.suffix.lower() == ".zip"
    if target.exists() and (is_zip or any(target.iterdir())):
        reason = "The file exists" if is_zip else "The folder exists and is not empty"
        raise FileExistsError(errno.EEXIST, reason, str(target))
    part = target.with_name(f".{target.name}-{new_id().hex[-12:]}")
    packed = part.with_name(f"{part.name}.zip")
    part.mkdir()
    try:
        counts = _write_folder(db, part, licence=licence, now=now)
        if is_zip:
            _pack(part, packed)
            packed.replace(target)
        else:
            part.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        packed.unlink(missing_ok=True)
    return counts


def _write_folder(db: Database, folder: Path, *, licence: str | None, now: dt.datetime) -> dict[str, int]:
    (folder / "tables").mkdir()
    with db.read(unlimited=True) as session:
        newest = session.scalar(sa.select(sa.func.max(Entry.recorded_at)))
        written = {name: _write(folder / f"{name}.ndjson", lines(session)) for name, lines in _members(now).items()}
        tables = {
            table.name: _write(folder / "tables" / f"{table.name}.ndjson", table_rows(session, table))
            for table in exported_tables()
        }
    (folder / "README.txt").write_text(_about(written, newest), encoding="utf-8")
    described = describe_package(written, tables, licence=licence)
    (folder / DESCRIPTION).write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return {name: each.lines for name, each in written.items()}


def _write(path: Path, lines: Iterable[Line]) -> Written:
    digest, count, size = hashlib.sha256(), 0, 0
    with path.open("wb") as file:
        for line in lines:
            encoded = (json.dumps(line, ensure_ascii=False) + "\n").encode()
            file.write(encoded)
            digest.update(encoded)
            count += 1
            size += len(encoded)
        file.flush()
        os.fsync(file.fileno())
    return Written(count, size, digest.hexdigest())


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                member = zipfile.ZipInfo(str(path.relative_to(folder)), _ZIP_DATE)
                member.compress_type = zipfile.ZIP_DEFLATED
                member.external_attr = 0o600 << 16
                with path.open("rb") as source, packed.open(member, "w", force_zip64=True) as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _about(written: Mapping[str, Written], newest: dt.datetime | None) -> str:
    files = "\n".join(f"{name}.ndjson".ljust(20) + f"{each.lines:>10}" for name, each in written.items())
    moment = "" if newest is None else f" up to the write of {format_instant(newest)}"
    return _ABOUT.format(moment=moment, method=METHOD, files=files)


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
