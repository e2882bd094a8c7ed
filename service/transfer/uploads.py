"""Receive the file of an import job, and store it in the database in chunks for any worker to read."""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InsufficientStorage, StillRunning, TooLarge, TooManyImports
from service.storage.actors import CURRENT_ACTOR
from service.storage.db import Database, retried
from service.storage.locks import lock_name
from service.storage.models import ImportChunk, ImportJob
from service.transfer.files.options import FileOptions
from service.transfer.stored_uploads import discard_upload
from service.values.documents import members_of
from service.values.vocabulary import Caller, ImportStatus

MAX_UNFINISHED = 5
"""The number of unfinished jobs that a key may have."""
MAX_STORED = 10
"""The maximum size of all stored uploads together, in multiples of the maximum size of one upload."""

_CHUNK = 1 << 20  # bytes
_FASTEST = 1  # the compression level


class ImportOptions(NamedTuple):
    """The options that the caller of an import sets."""

    dry_run: bool
    file: FileOptions
    name: str | None
    """The name of the file; None if the caller gave none."""
    idempotency_key: str | None = None


@dataclass(slots=True)
class _Upload:
    """An upload in progress."""

    db: Database
    job_id: UUID
    longest: int
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0
    chunks: int = 0

    def add(self, content: bytes, *, now: dt.datetime) -> None:
        """Store the next chunk of the file."""
        self.digest.update(content)
        self.size += len(content)
        _check_size(self.size, self.longest)
        _store_chunk(self.db, self, zlib.compress(content, _FASTEST), now=now)
        self.chunks += 1


def receive_upload(
    db: Database,
    pieces: Iterable[bytes],
    *,
    options: ImportOptions,
    length: int | None,
    caller: Caller,
    clock: Callable[[], dt.datetime],
) -> tuple[UUID, str]:
    """Store a file while it arrives, in one short transaction per chunk.

    Args:
        db: The database.
        pieces: The content of the file.
        options: The options of the import.
        length: The size of the file in bytes; None if it is unknown.
        caller: The API key of the call.
        clock: A function that returns the current time.

    Returns:
        The id of the new job, which is not queued yet, and the SHA-256 of the file.

    Raises:
        TooLarge: The file is larger than allowed.
        TooManyImports: The key has too many unfinished jobs.
        InsufficientStorage: All stored uploads together are too large.
        StillRunning: An upload with the same idempotency key is in progress.
    """
    _check_size(length or 0, options.file.limit)
    upload = _Upload(db, _begin(db, options, caller, length=length or 0, now=clock()), options.file.limit)
    try:
        for chunk in _chunks(pieces):
            upload.add(chunk, now=clock())
    except BaseException:
        discard_upload(db, upload.job_id)
        raise
    return upload.job_id, upload.digest.hexdigest()


def is_arriving(db: Database, idempotency_key: str, *, caller: Caller) -> bool:
    """Return whether the caller has an upload in progress with this idempotency key."""
    arriving = ImportJob.arrived_at.is_(None) & (ImportJob.idempotency_key == idempotency_key)
    with db.read() as session:
        rows = sa.exists().where(arriving, ImportJob.api_key_id == caller.key_id)
        return bool(session.scalar(sa.select(rows)))


def _check_size(size: int, longest: int) -> None:
    """Check that a file is not larger than allowed.

    Raises:
        TooLarge: The file is larger than allowed.
    """
    if size > longest:
        raise TooLarge(
            f"You sent a file of more than {longest} bytes, the limit that BORNEOUT_MAX_IMPORT sets. Split the file."
        )


def _begin(db: Database, options: ImportOptions, caller: Caller, *, length: int, now: dt.datetime) -> UUID:
    """Create the job of an upload, and reserve storage for it."""
    assert caller.key_id is not None  # noqa: S101 - every caller over HTTP has a key
    unfinished = sa.select(ImportJob).where(ImportJob.api_key_id == caller.key_id, ImportJob.finished_at.is_(None))
    with db.write() as session:
        lock_name(session, "import uploads")
        mine = session.scalars(unfinished).all()
        if options.idempotency_key and any(job.idempotency_key == options.idempotency_key for job in mine):
            raise StillRunning(
                "The first call with this Idempotency-Key is still running. Send the call again in a few seconds."
            )
        if len(mine) >= MAX_UNFINISHED:
            raise TooManyImports(
                f"You tried to start an import while your API key has {MAX_UNFINISHED} unfinished ones, the limit. "
                "Wait until one of them has finished, or cancel one.",
                retry_after=10,
            )
        _check_storage(session, length, options.file.limit)
        job = ImportJob(
            api_key_id=caller.key_id,
            request_id=CURRENT_ACTOR.get().request_id,
            idempotency_key=options.idempotency_key,
            name=options.name,
            dry_run=options.dry_run,
            options=members_of(options.file),
            status=ImportStatus.QUEUED,
            stored=length,
            served_at=now,
            recorded_at=now,
        )
        session.add(job)
    return job.id


@retried
def _store_chunk(db: Database, upload: _Upload, content: bytes, *, now: dt.datetime) -> None:
    with db.write() as session:
        job = session.get_one(ImportJob, upload.job_id)
        if upload.size > job.stored:
            lock_name(session, "import uploads")
            _check_storage(session, upload.size - job.stored, upload.longest)
            job.stored = upload.size
        job.size, job.chunks, job.served_at = upload.size, upload.chunks + 1, now
        session.add(ImportChunk(job_id=job.id, number=upload.chunks, content=content))


def _check_storage(session: Session, more: int, longest: int) -> None:
    stored = session.scalar(sa.select(sa.func.sum(ImportJob.stored))) or 0
    if stored + more > MAX_STORED * longest:
        raise InsufficientStorage(
            f"You sent a file that does not fit: all unfinished imports together may have "
            f"{MAX_STORED * longest} bytes. Send it again when other imports have finished."
        )


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of pieces in chunks of equal size, except for the last one."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= _CHUNK:
            yield bytes(buffer[:_CHUNK])
            del buffer[:_CHUNK]
    if buffer:
        yield bytes(buffer)
