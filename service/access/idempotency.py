"""Store the response to a call with an idempotency key, and return it when the call is sent again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.errors import IdempotencyKeyReused, ServiceError, StillRunning
from service.storage.base import table_of
from service.storage.db import Database, retried
from service.storage.models import StoredResponse

KEPT = dt.timedelta(hours=24)
"""The time for which a response is stored."""
PATIENCE = 5.0
"""The number of seconds that a call waits for an earlier call with the same idempotency key."""
_BATCH = 1000  # rows deleted in one transaction, so that other writers do not wait long


class IdempotentCall(NamedTuple):
    """The identity of a call with an idempotency key: its two keys, and a hash to detect another request."""

    api_key: UUID
    idempotency_key: str
    digest: str
    """A hash of the request, which must be the same when the call is sent again."""


@dataclass(frozen=True, slots=True)
class CallResponse:
    """The response to a call, as it is stored and returned again."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def run_once(
    db: Database,
    call: IdempotentCall,
    *,
    run: Callable[[], CallResponse],
    redact: Callable[[CallResponse], CallResponse],
    stored: StoredResponse | None,
    now: dt.datetime,
) -> tuple[CallResponse, bool]:
    """Run a call and store its response, or return the stored response to the first call with its key.

    The writes of `run` and its stored response share one transaction. If `run` raises an error, nothing is stored, and
    the next call with the key runs again.

    Args:
        db: The database.
        call: The call.
        run: The function that carries out the call and returns its response.
        redact: The function that removes the members of a response that are shown only once.
        stored: The response that was stored when the call arrived, if any.
        now: The time of the call.

    Returns:
        The response, and whether it was stored by an earlier call.

    Raises:
        StillRunning: An earlier call with this key is still running after five seconds.
        IdempotencyKeyReused: The key was used for another request.
    """
    if stored is not None and stored.recorded_at > now - KEPT:
        return _replay(stored, call), True
    try:
        return _run_and_store(db, call, run=run, redact=redact, now=now), False
    except TimeoutError as exc:
        raise StillRunning(
            "The first call with this Idempotency-Key is still running. Send the call again in a few seconds."
        ) from exc
    except (_AlreadyRun, ServiceError, sa.exc.IntegrityError):
        # Another call with the key may have finished since this one arrived, and its writes made this one fail.
        if (first := _stored_response(db, call.api_key, call.idempotency_key, now=now)) is None:
            raise
        return _replay(first, call), True


class _AlreadyRun(Exception):
    """A response for the idempotency key is already stored."""


@retried
def _run_and_store(
    db: Database,
    call: IdempotentCall,
    *,
    run: Callable[[], CallResponse],
    redact: Callable[[CallResponse], CallResponse],
    now: dt.datetime,
) -> CallResponse:
    """Run a call, and store its response in the same transaction.

    Raises:
        _AlreadyRun: A response for the key is already stored and has not expired.
        TimeoutError: An earlier call with this key was still running after `PATIENCE` seconds.
    """
    with db.write_locked(f"idempotency {call.api_key} {call.idempotency_key}", timeout=PATIENCE) as session:
        response = run()
        session.flush()
        redacted = redact(response)
        row = call._asdict() | {"status": redacted.status, "body": redacted.body, "headers": redacted.headers}
        store = _storing(session.get_bind().dialect.name)
        row |= {"api_key_id": row.pop("api_key"), "recorded_at": now, "expired_by": now - KEPT}
        if session.connection().execute(store, row).rowcount == 0:
            raise _AlreadyRun
    return response


@cache
def _storing(dialect: str) -> sa.Insert:
    """Return the statement that stores a response, replacing only an expired one."""
    columns: dict[str, sa.BindParameter[object]] = {
        column.name: sa.bindparam(column.name) for column in table_of(StoredResponse).columns
    }
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(StoredResponse).values(columns)
    keys = ["api_key_id", "idempotency_key"]
    new = {name: insert.excluded[name] for name in columns if name not in keys}
    expired = StoredResponse.recorded_at <= sa.bindparam("expired_by")
    upsert = insert.on_conflict_do_update(index_elements=keys, set_=new, where=expired)
    return upsert.execution_options(preserve_rowcount=True)


def has_response(db: Database, api_key: UUID, idempotency_key: str, *, now: dt.datetime) -> bool:
    """Return whether an unexpired response is stored for an idempotency key of an API key."""
    return _stored_response(db, api_key, idempotency_key, now=now) is not None


def prune_responses(db: Database, *, now: dt.datetime) -> None:
    """Delete the stored responses that have expired, in batches."""
    expired, key = StoredResponse.recorded_at <= now - KEPT, (StoredResponse.api_key_id, StoredResponse.idempotency_key)
    while True:
        with db.read() as session:
            batch = session.execute(sa.select(*key).where(expired).limit(_BATCH)).all()
        if not batch:
            return
        with db.write() as session:
            session.execute(sa.delete(StoredResponse).where(expired, sa.tuple_(*key).in_(batch)))


def _stored_response(db: Database, api_key: UUID, idempotency_key: str, *, now: dt.datetime) -> StoredResponse | None:
    with db.read() as session:
        stored = session.get(StoredResponse, (api_key, idempotency_key))
    return stored if stored is not None and stored.recorded_at > now - KEPT else None


def _replay(stored: StoredResponse, call: IdempotentCall) -> CallResponse:
    if stored.digest != call.digest:
        raise IdempotencyKeyReused(
            "You used this Idempotency-Key for another request. Send a new key for each request."
        )
    return CallResponse(stored.status, stored.body, stored.headers)
