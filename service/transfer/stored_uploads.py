"""Read and delete uploads, which are stored in the database in chunks."""

from __future__ import annotations

import datetime as dt
import zlib
from uuid import UUID

import sqlalchemy as sa

from service.storage.db import Database
from service.storage.models import ImportChunk, ImportJob, ImportResult

ABANDONED = dt.timedelta(minutes=2)
"""The time without a new chunk after which an upload is abandoned.

The server ends slow uploads earlier.
"""

_BATCH = 16  # chunks deleted in one transaction, so that other writers do not wait long


def discard_upload(db: Database, job_id: UUID) -> None:
    """Delete an import job whose upload is incomplete or repeats an earlier one."""
    delete_chunks(db, job_id)
    with db.write() as session:
        session.execute(sa.delete(ImportJob).where(ImportJob.id == job_id, ImportJob.arrived_at.is_(None)))


def delete_chunks(db: Database, job_id: UUID) -> None:
    """Delete a stored upload in several short transactions."""
    delete_rows(db, ImportChunk, job_id)
    with db.write() as session:
        session.execute(sa.update(ImportJob).where(ImportJob.id == job_id).values(stored=0))


class StoredFile:
    """A stored upload as a stream, with one chunk at a time in memory."""

    def __init__(self, db: Database, job_id: UUID) -> None:
        self._db = db
        self._job_id = job_id
        self._rest = b""
        self.chunks_read = 0

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, or no bytes at the end."""
        if not self._rest:
            self._rest = self._next_chunk()
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def _next_chunk(self) -> bytes:
        with self._db.read() as session:
            chunk = session.get(ImportChunk, (self._job_id, self.chunks_read))
        if chunk is None:
            return b""
        self.chunks_read += 1
        return zlib.decompress(chunk.content)


def delete_rows(db: Database, table: type[ImportChunk | ImportResult], job_id: UUID) -> None:
    """Delete the chunks or the results of a job in several short transactions."""
    while True:
        with db.write() as session:
            numbers = session.scalars(sa.select(table.number).where(table.job_id == job_id).limit(_BATCH)).all()
            session.execute(sa.delete(table).where(table.job_id == job_id, table.number.in_(numbers)))
        if len(numbers) < _BATCH:
            return
