"""Queue, read and cancel import jobs. A job is visible to its API key and to admins."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import NotFound, ProblemDocument
from service.storage.db import Database, retried
from service.storage.models import ImportJob, ImportResult
from service.storage.paging import Keyset, Page, SortKey
from service.storage.versions import check_match
from service.transfer.files.options import FileOptions
from service.transfer.stored_uploads import ABANDONED, delete_chunks, delete_rows, discard_upload
from service.values.vocabulary import Caller, ImportStatus, Scope

KEPT = dt.timedelta(days=7)
"""The time for which a finished job and its results are kept."""

_BLOCKS = 8  # blocks of results read at once


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """The progress of an import job: the numbers of its lines by result."""

    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    total: int | None
    """The number of lines in the file; None until the job has succeeded."""
    share: float
    """The share of the file that has been read, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import job, as the API shows it."""

    id: UUID
    status: ImportStatus
    dry_run: bool
    name: str | None
    feed: str | None
    locale: str | None
    encoding: str | None
    map: list[str]
    size: int
    progress: ImportProgress
    problem: ProblemDocument | None
    recorded_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    expires_at: dt.datetime | None


@retried
def queue_import(db: Database, job_id: UUID, *, now: dt.datetime) -> ImportView:
    """Queue an import job whose upload is complete, and return the job."""
    with db.write() as session:
        job = session.get_one(ImportJob, job_id)
        job.idempotency_key, job.stored = None, job.size
        job.arrived_at = job.served_at = now
        return _describe(job)


def get_import(db: Database, job_id: UUID, *, caller: Caller) -> ImportView:
    """Return the import job with this id.

    Raises:
        NotFound: No job that the caller can see has this id.
    """
    with db.read() as session:
        return _describe(_load(session, job_id, caller))


def list_imports(db: Database, *, caller: Caller, after: SortKey | None, limit: int) -> Page[ImportView]:
    """Return a page of the caller's jobs, or of all jobs for an admin, newest first.

    Raises:
        InvalidQuery: `after` is not a sort key of this list.
    """
    rows = sa.select(ImportJob).where(_visible(caller))
    with db.read() as session:
        page = Keyset([ImportJob.id], [UUID], descending=True).page(session, rows, after=after, limit=limit)
        return Page([_describe(job) for job in page.items], page.next)


@retried
def cancel_import(
    db: Database, job_id: UUID, *, if_match: AbstractSet[str] | None, caller: Caller, now: dt.datetime
) -> ImportView:
    """Cancel an import job. Lines that were loaded stay, and a finished job does not change.

    Raises:
        NotFound: No job that the caller can see has this id.
        PreconditionFailed: The job has changed since the caller read it.
    """
    with db.write() as session:
        job = _load(session, job_id, caller, lock=True)
        check_match(_describe(job), if_match)
        if job.finished_at is None:
            job.status, job.finished_at, job.worker = ImportStatus.CANCELLED, now, None
        described = _describe(job)
    delete_chunks(db, job_id)
    return described


def read_results(db: Database, job_id: UUID, *, caller: Caller, rejected: bool = False) -> Iterator[bytes]:
    """Return the results of the processed lines of a job as NDJSON, in blocks of lines.

    Args:
        db: The database.
        job_id: The id of the job.
        caller: The API key of the call.
        rejected: Whether to skip blocks without a rejected line.

    Raises:
        NotFound: No job that the caller can see has this id.
    """
    get_import(db, job_id, caller=caller)
    return _blocks(db, job_id, rejected=rejected)


def prune_imports(db: Database, *, now: dt.datetime) -> None:
    """Delete jobs a week after they finished, abandoned uploads, and the uploads of finished jobs."""
    is_abandoned = ImportJob.arrived_at.is_(None) & (ImportJob.served_at < now - ABANDONED)
    is_kept = ImportJob.finished_at.is_not(None) & (ImportJob.stored > 0)
    for job_id in _ids(db, is_abandoned):
        discard_upload(db, job_id)
    for job_id in _ids(db, is_kept):
        delete_chunks(db, job_id)
    for job_id in _ids(db, ImportJob.finished_at < now - KEPT):
        delete_rows(db, ImportResult, job_id)
        with db.write() as session:
            session.execute(sa.delete(ImportJob).where(ImportJob.id == job_id))


def _blocks(db: Database, job_id: UUID, *, rejected: bool) -> Iterator[bytes]:
    last = -1
    rows = sa.select(ImportResult).where(ImportResult.job_id == job_id).order_by(ImportResult.number).limit(_BLOCKS)
    if rejected:
        rows = rows.where(ImportResult.rejected > 0)
    while True:
        with db.read() as session:
            blocks = session.scalars(rows.where(ImportResult.number > last)).all()
        for block in blocks:
            yield zlib.decompress(block.content)
            last = block.number
        if len(blocks) < _BLOCKS:
            return


def _ids(db: Database, condition: sa.ColumnElement[bool]) -> Sequence[UUID]:
    with db.read() as session:
        return session.scalars(sa.select(ImportJob.id).where(condition)).all()


def _visible(caller: Caller) -> sa.ColumnElement[bool]:
    has_arrived = ImportJob.arrived_at.is_not(None)
    return has_arrived if Scope.ADMIN in caller.scopes else has_arrived & (ImportJob.api_key_id == caller.key_id)


def _load(session: Session, job_id: UUID, caller: Caller, *, lock: bool = False) -> ImportJob:
    rows = sa.select(ImportJob).where(ImportJob.id == job_id, _visible(caller))
    if (job := session.scalar(rows.with_for_update() if lock else rows)) is None:
        raise NotFound(f"You requested the import {job_id}, which your API key did not start, or which was deleted.")
    return job


def file_options(job: ImportJob) -> FileOptions:
    """Return the options for reading the file of a job."""
    stored = job.options
    return FileOptions(**{**stored, "names": tuple((column, name) for column, name in stored["names"])})


def _describe(job: ImportJob) -> ImportView:
    file = file_options(job)
    return ImportView(
        id=job.id,
        status=job.status,
        dry_run=job.dry_run,
        name=job.name,
        feed=file.feed,
        locale=file.locale,
        encoding=file.encoding,
        map=[f"{column}:{name}" for column, name in file.names],
        size=job.size,
        progress=ImportProgress(
            read=job.read,
            created=job.created,
            updated=job.updated,
            unchanged=job.unchanged,
            rejected=job.rejected,
            total=job.read if job.status is ImportStatus.SUCCEEDED else None,
            share=1.0 if job.status is ImportStatus.SUCCEEDED else round(job.chunks_read / max(1, job.chunks), 4),
        ),
        problem=job.problem,
        recorded_at=job.recorded_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        expires_at=None if job.finished_at is None else job.finished_at + KEPT,
    )
