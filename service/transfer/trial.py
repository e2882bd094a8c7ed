"""Load the lines of a dry run into a scratch database.

The rows that the lines depend on are copied into it. The rules and results are therefore those of a real load, also for
lines that depend on earlier lines. The real database is not locked.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from service.storage.base import Base, table_of
from service.storage.db import Database
from service.storage.models import (
    Claim,
    Dispute,
    Outlet,
    OutletAlias,
    OutletDomain,
    OutletSpelling,
    Report,
    Resolution,
    TopicRename,
    Version,
    Withdrawal,
)
from service.storage.predicates import is_among
from service.transfer.lines import ClaimLine, LineResult, ReadLine, named_claim
from service.transfer.load import load_lines
from service.values.ids import parse_id
from service.values.vocabulary import Caller

_ROWS = 1000  # copied at a time


class Trial:
    """A scratch database in a temporary folder for one dry run."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._folder = TemporaryDirectory()
        self._scratch = Database(f"sqlite:///{Path(self._folder.name) / 'trial.db'}")
        sa.event.listen(self._scratch.engine, "connect", _set_up)
        Base.metadata.create_all(self._scratch.engine)
        for table in (Outlet, OutletDomain, OutletAlias, OutletSpelling, TopicRename):
            self._copy(table, sa.true())
        self._copy(Version, Version.subject_id.in_(sa.select(Outlet.id)))

    def load(self, lines: Sequence[ReadLine], *, caller: Caller, now: dt.datetime) -> list[LineResult]:
        """Load lines into the scratch database, and return the results that a real load would give."""
        self._copy_claims(lines)
        return load_lines(self._scratch, None, lines, caller=caller, now=now)

    def close(self) -> None:
        """Delete the scratch database."""
        self._scratch.close()
        self._folder.cleanup()

    def _copy_claims(self, lines: Sequence[ReadLine]) -> None:
        """Copy the claims that lines name, and the other claims in their groups, to the scratch database."""
        names = {name for line in lines if (name := named_claim(line.content)) is not None}
        ids = {id_ for name in names if (id_ := parse_id(name)) is not None}
        groups = {line.content.claim["group"] for line in lines if isinstance(line.content, ClaimLine)}
        with self._db.read(unlimited=True) as session:
            named = is_among(session, Claim.external_id, names) | is_among(session, Claim.id, ids)
            found = session.execute(sa.select(Claim.id, Claim.group, Claim.merged_into_id).where(named)).all()
            shared = {group for group in groups | {row.group for row in found} if group is not None}
            grouped = session.scalars(sa.select(Claim.id).where(is_among(session, Claim.group, shared)))
            claims = {row.id for row in found} | {row.merged_into_id for row in found} - {None} | set(grouped)
            conditions = _conditions(session, claims)
        for table, condition in conditions.items():
            self._copy(table, condition)

    def _copy(self, model: type[Base], condition: sa.ColumnElement[bool]) -> None:
        """Copy the rows that match a condition to the scratch database, except those that it already has."""
        table = table_of(model)
        insert = sqlite.insert(table).on_conflict_do_nothing()
        with self._db.read(unlimited=True) as session:
            rows = session.execute(sa.select(table).where(condition), execution_options={"yield_per": _ROWS})
            for part in rows.mappings().partitions():
                with self._scratch.engine.begin() as connection:
                    connection.execute(insert, [dict(row) for row in part])


def _conditions(session: Session, claims: AbstractSet[UUID]) -> dict[type[Base], sa.ColumnElement[bool]]:
    """Return the conditions, by model, that select claims and the rows that belong to them."""
    columns = Report.id, Report.outlet_id, Report.cited_id
    rows = session.execute(sa.select(*columns).where(is_among(session, Report.claim_id, claims))).all()
    reports = {row.id for row in rows}
    outlets = {id_ for row in rows for id_ in (row.outlet_id, row.cited_id) if id_ is not None}
    resolutions = sa.select(Resolution.id).where(is_among(session, Resolution.claim_id, claims))
    return {
        Outlet: is_among(session, Outlet.id, outlets),  # created since the trial began
        OutletSpelling: is_among(session, OutletSpelling.outlet_id, outlets),
        Claim: is_among(session, Claim.id, claims),
        Report: is_among(session, Report.id, reports),
        Withdrawal: is_among(session, Withdrawal.report_id, reports),
        Resolution: is_among(session, Resolution.claim_id, claims),
        Dispute: Dispute.resolution_id.in_(resolutions),
        Version: is_among(session, Version.subject_id, claims | reports),
    }


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    # The scratch database is deleted afterwards, and some of its rows refer to rows that are not copied.
    for pragma in ("synchronous=OFF", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
