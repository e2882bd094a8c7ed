"""Import jobs, with their uploads and the results of their lines. Rows are deleted after some days."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.errors import ProblemDocument
from service.storage.base import Base
from service.storage.models.columns import enum_column
from service.values.ids import NAME_LENGTH, new_id
from service.values.vocabulary import ImportStatus


class ImportJob(Base):
    """An import over HTTP: its file, the options for reading it, and its progress."""

    __tablename__ = "import_job"
    __table_args__ = (sa.Index(None, "api_key_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    api_key_id: Mapped[UUID] = mapped_column(sa.ForeignKey("api_key.id"))
    request_id: Mapped[str | None] = mapped_column(sa.String(128))
    """The id of the request that created the job. The ledger shows it for every row that the job writes."""
    idempotency_key: Mapped[str | None] = mapped_column(sa.String(255))
    """Set while the upload arrives, so that a second request with the same key can wait for it."""
    name: Mapped[str | None] = mapped_column(sa.String(NAME_LENGTH))
    """The name of the file, if it was sent with one."""
    dry_run: Mapped[bool]
    options: Mapped[dict[str, Any]]
    """The options for reading the file."""
    status: Mapped[ImportStatus] = mapped_column(enum_column(ImportStatus, "status"))
    size: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """The size of the upload in bytes."""
    stored: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """The bytes of the upload that are still stored; 0 once it is deleted."""
    chunks: Mapped[int] = mapped_column(default=0)
    """The number of chunks of the upload."""
    chunks_read: Mapped[int] = mapped_column(default=0)
    read: Mapped[int] = mapped_column(default=0)
    """The number of lines processed so far. A resumed job skips them."""
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    problem: Mapped[ProblemDocument | None] = mapped_column(sa.JSON(none_as_null=True))
    """The reason why the job failed or was cancelled."""
    worker: Mapped[str | None] = mapped_column(sa.String(32))
    """The worker that processes the job, until `leased_until`."""
    leased_until: Mapped[dt.datetime | None]
    starts: Mapped[int] = mapped_column(default=0)
    """The number of times that the job was started or resumed since its last committed chunk."""
    served_at: Mapped[dt.datetime]
    """The time at which a chunk of any job of this key was last processed, so that keys take turns.

    During the upload, it is the time at which the last chunk of this job arrived.
    """
    recorded_at: Mapped[dt.datetime]
    arrived_at: Mapped[dt.datetime | None]
    """The time at which the upload was complete. Until then no client sees the job."""
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None] = mapped_column(index=True)


class ImportChunk(Base):
    """A compressed part of an upload."""

    __tablename__ = "import_chunk"

    job_id: Mapped[UUID] = mapped_column(sa.ForeignKey("import_job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The number of the chunk within the upload, from 0."""
    content: Mapped[bytes]


class ImportResult(Base):
    """The results of some successive lines of a job."""

    __tablename__ = "import_result"

    job_id: Mapped[UUID] = mapped_column(sa.ForeignKey("import_job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The number of lines of the job that come before these."""
    rejected: Mapped[int]
    content: Mapped[bytes]
    """The results as compressed NDJSON."""
