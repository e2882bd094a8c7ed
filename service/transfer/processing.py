"""Process import jobs in chunks of lines.

Each chunk is one transaction, which also stores the results of its lines and the progress of the job. If a worker dies
between two chunks, another worker resumes the job after the last chunk, so nothing is lost.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.access.authenticate import caller_of, is_valid
from service.cache.score_cache import ScoreCache
from service.errors import InternalError, KeyEnded, ServiceError
from service.storage.actors import CURRENT_ACTOR, WORKER, Actor
from service.storage.db import Database, retried
from service.storage.db_errors import is_unavailable
from service.storage.identity import new_token
from service.storage.models import ApiKey, ImportJob, ImportResult
from service.transfer.files.options import FileOptions
from service.transfer.files.unpack import Readable
from service.transfer.jobs import file_options
from service.transfer.lines import LineResult, LineStatus, ReadLine
from service.transfer.load import BATCH, load_lines
from service.transfer.results import as_ndjson
from service.transfer.stored_uploads import StoredFile, delete_chunks
from service.transfer.trial import Trial
from service.values.vocabulary import Caller, ImportStatus

OPEN = 4
"""The maximum number of files that a worker has open and reads in turn."""
LEASE = dt.timedelta(seconds=10)
"""The time after which another worker may take over a job, unless the first worker renews its lease."""

_MAX_STARTS = 3  # starts without a committed chunk, after which a job fails
_UNEXPECTED = "An unexpected error occurred. It is logged; the lines that have results are loaded."

ReadFile: TypeAlias = Callable[[Readable, FileOptions, int], Generator[ReadLine]]
"""A function that reads the lines of a file after skipping a number of lines."""


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """The file of a job that this worker has open."""

    stored: StoredFile
    lines: Generator[ReadLine]
    trial: Trial | None
    """The scratch database of a dry run; None for a real import."""

    def next_lines(self) -> tuple[list[ReadLine], ServiceError | None]:
        """Return the next lines, and the error that stopped the reading, if any."""
        found: list[ReadLine] = []
        try:
            for line in islice(self.lines, BATCH):
                found.append(line)  # noqa: PERF402 - the lines before an error count
        except ServiceError as exc:
            return found, exc
        return found, None

    def close(self) -> None:
        self.lines.close()
        if self.trial is not None:
            self.trial.close()


class Imports:
    """The import jobs of a worker. API keys take turns, and each key has one job in progress at a time."""

    def __init__(self, db: Database, cache: ScoreCache, read_file: ReadFile) -> None:
        self._db = db
        self._cache = cache
        self._read_file = read_file
        self._worker = new_token()
        self._files: dict[UUID, _OpenFile] = {}

    def step(self, *, now: dt.datetime) -> bool:
        """Process a chunk for the API key that has waited longest; return False if no job is waiting."""
        if (job := self._next_job(now)) is None:
            return False
        try:
            self._process(job.id, now)
        except Exception as exc:
            self._close(job.id)  # its lines are read again
            if is_unavailable(exc):
                raise
            self._end(job.id, exc, now)
            if not isinstance(exc, ServiceError):
                raise
        finally:
            CURRENT_ACTOR.set(WORKER)
        return True

    def renew(self, *, now: dt.datetime) -> None:
        """Renew the leases of this worker's jobs."""
        if self._files:
            with self._db.write() as session:
                session.execute(sa.update(ImportJob).where(self._is_mine()).values(leased_until=now + LEASE))

    def release(self) -> None:
        """Close all files, and end the leases, so that another worker can resume the jobs at once."""
        for job_id in list(self._files):
            self._close(job_id)
        with self._db.write() as session:
            session.execute(sa.update(ImportJob).where(self._is_mine()).values(worker=None))

    def _is_mine(self) -> sa.ColumnElement[bool]:
        return (ImportJob.worker == self._worker) & (ImportJob.status == ImportStatus.RUNNING)

    def _next_job(self, now: dt.datetime) -> ImportJob | None:
        """Return the next job, leased to this worker; None if there is none."""
        rows = self._waiting(now).order_by(ImportJob.served_at, ImportJob.id).limit(1)
        with self._db.read() as session:
            job = session.scalar(rows)
        if job is None or (job.id in self._files and job.worker == self._worker):
            return job
        self._close(job.id)
        return self._take(job.id, now)

    def _waiting(self, now: dt.datetime) -> sa.Select[ImportJob]:
        """Select the jobs that this worker may process: each key's first, unless leased by another worker."""
        earlier = aliased(ImportJob)
        is_first = ~sa.exists().where(
            earlier.api_key_id == ImportJob.api_key_id,
            earlier.arrived_at.is_not(None),
            earlier.finished_at.is_(None),
            earlier.id < ImportJob.id,
        )
        is_free = sa.or_(ImportJob.worker.is_(None), ImportJob.worker == self._worker, ImportJob.leased_until <= now)
        rows = sa.select(ImportJob).where(
            ImportJob.arrived_at.is_not(None), ImportJob.finished_at.is_(None), is_first, is_free
        )
        return rows if len(self._files) < OPEN else rows.where(ImportJob.id.in_(self._files))

    def _take(self, job_id: UUID, now: dt.datetime) -> ImportJob | None:
        """Lease a job, open its file and return the job; None if it failed or another worker was faster."""
        rows = self._waiting(now).where(ImportJob.id == job_id).with_for_update(skip_locked=True, of=ImportJob)
        with self._db.write() as session:
            if (job := session.scalar(rows)) is None:
                return None
            job.status, job.started_at = ImportStatus.RUNNING, job.started_at or now
            job.worker, job.leased_until = self._worker, now + LEASE
            job.starts += 1
            if job.dry_run:  # the scratch database of an earlier worker is gone
                job.read = job.created = job.updated = job.unchanged = job.rejected = 0
                session.execute(sa.delete(ImportResult).where(ImportResult.job_id == job_id))
        if job.starts > _MAX_STARTS:
            self._end(job_id, InternalError("The job stopped the worker several times."), now)
            return None
        stored = StoredFile(self._db, job_id)
        lines = self._read_file(stored, file_options(job), job.read)
        self._files[job_id] = _OpenFile(stored, lines, Trial(self._db) if job.dry_run else None)
        return job

    def _process(self, job_id: UUID, now: dt.datetime) -> None:
        """Process the next chunk of a job, and end the job at the end of its file.

        Raises:
            ServiceError: The file cannot be read, or the API key of the job was revoked or has expired.
        """
        file = self._files[job_id]
        lines, error = file.next_lines()
        chunk = _Chunk(job_id, self._worker, lines, file.stored.chunks_read)
        if file.trial is None:
            is_mine = _load_chunk(self._db, self._cache, chunk, now=now)
        else:
            is_mine = _try_chunk(self._db, file.trial, chunk, now=now)
        if not is_mine:
            self._close(job_id)
        elif error is not None:
            raise error
        elif len(lines) < BATCH:
            self._close(job_id)
            self._end(job_id, None, now)

    def _end(self, job_id: UUID, error: Exception | None, now: dt.datetime) -> None:
        """End a job that this worker is processing, and delete its upload."""
        with self._db.write() as session:
            rows = sa.select(ImportJob).where(ImportJob.id == job_id, self._is_mine()).with_for_update()
            if (job := session.scalar(rows)) is None:
                return
            job.finished_at, job.worker = now, None
            if error is None:
                job.status = ImportStatus.SUCCEEDED
            else:
                job.status = ImportStatus.CANCELLED if isinstance(error, KeyEnded) else ImportStatus.FAILED
                known = error if isinstance(error, ServiceError) else InternalError(_UNEXPECTED)
                job.problem = known.document()
        delete_chunks(self._db, job_id)

    def _close(self, job_id: UUID) -> None:
        if (file := self._files.pop(job_id, None)) is not None:
            file.close()


class _Chunk(NamedTuple):
    """Some lines of a job that a worker processes in one transaction."""

    job_id: UUID
    worker: str
    lines: Sequence[ReadLine]
    chunks_read: int


@retried
def _load_chunk(db: Database, cache: ScoreCache, chunk: _Chunk, *, now: dt.datetime) -> bool:
    """Load lines, and store their results and the progress of the job in the same transaction.

    Returns:
        Whether the job still belongs to the worker. If not, nothing is loaded.

    Raises:
        KeyEnded: The key of the job was revoked or has expired.
    """
    with db.write() as session:
        if (job := _lock(session, chunk)) is None:
            return False
        caller = _caller(session, job, now)
        _store(session, job, load_lines(db, cache, chunk.lines, caller=caller, now=now), chunk, now=now)
    return True


@retried
def _try_chunk(db: Database, trial: Trial, chunk: _Chunk, *, now: dt.datetime) -> bool:
    """Load lines into the scratch database of a dry run, and store their results and the job's progress."""
    with db.read() as session:
        caller = _caller(session, session.get_one(ImportJob, chunk.job_id), now)
    results = trial.load(chunk.lines, caller=caller, now=now)
    with db.write() as session:
        if (job := _lock(session, chunk)) is None:
            return False
        _store(session, job, results, chunk, now=now)
    return True


def _lock(session: Session, chunk: _Chunk) -> ImportJob | None:
    """Lock a job and return it; None if it was cancelled or another worker has taken it over."""
    job = session.get(ImportJob, chunk.job_id, with_for_update=True)
    is_mine = job is not None and job.worker == chunk.worker and job.status is ImportStatus.RUNNING
    return job if is_mine else None


def _caller(session: Session, job: ImportJob, now: dt.datetime) -> Caller:
    """Return a job's API key with its current scopes, and set it as the actor of the ledger entries."""
    key = session.get_one(ApiKey, job.api_key_id)
    if not is_valid(key, now):
        raise KeyEnded("The API key of this import was revoked or has expired. Send the rest with another key.")
    CURRENT_ACTOR.set(Actor(key_id=key.id, request_id=job.request_id))
    return caller_of(key)


def _store(session: Session, job: ImportJob, results: Sequence[LineResult], chunk: _Chunk, *, now: dt.datetime) -> None:
    """Store the results of a chunk, and the progress of its job."""
    counts = Counter(result.status for result in results)
    if results:
        content = zlib.compress(as_ndjson(results).encode())
        rejected = counts[LineStatus.REJECTED]
        session.add(ImportResult(job_id=job.id, number=job.read, rejected=rejected, content=content))
    for status, count in counts.items():
        setattr(job, status, getattr(job, status) + count)
    job.read += len(results)
    job.chunks_read, job.starts = chunk.chunks_read, 0
    job.leased_until = now + LEASE
    is_waiting = ImportJob.arrived_at.is_not(None) & ImportJob.finished_at.is_(None)
    session.execute(
        sa.update(ImportJob).where(ImportJob.api_key_id == job.api_key_id, is_waiting).values(served_at=now)
    )
