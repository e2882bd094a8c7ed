"""Idempotency keys: the first response to a call is stored, and returned when the call is sent again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.errors import IdempotencyKeyReused, StillRunning
from service.storage.db import Database, retried
from service.storage.models import StoredResponse

KEPT = dt.timedelta(hours=24)
"""The time for which a response is stored."""
PATIENCE = 5.0
"""The seconds for which a call waits for an earlier one with the same key."""
_BATCH = 1000  # rows deleted in one transaction, so that other writers do not wait long


class IdempotentCall(NamedTuple):
    """A call with an idempotency key."""

    api_key: UUID
    idempotency_key: str
    digest: str
    """The hash of the request, which differs between different requests."""


@dataclass(frozen=True, slots=True)
class CallResponse:
    """The response to a call, as it is stored and returned again."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@retried
def run_once(
    db: Database,
    call: IdempotentCall,
    *,
    run: Callable[[], CallResponse],
    redact: Callable[[CallResponse], CallResponse],
    now: dt.datetime,
) -> tuple[CallResponse, bool]:
    """Run a call and store its response, or return the stored response of the first such call.

    All writes of `run` are in one transaction with the stored response. If `run` raises an error, neither is stored,
    and the next call with the key runs again.

    Args:
        db: The database.
        call: The call.
        run: The function that carries out the call and returns its response.
        redact: The function that removes the members of a response that are shown only once.
        now: The time of the call.

    Returns:
        The response, and whether it is a stored one.

    Raises:
        StillRunning: An earlier call with this key is still running after five seconds.
        IdempotencyKeyReused: The key was used for another request.
    """
    try:
        with db.write_locked(f"idempotency {call.api_key} {call.idempotency_key}", timeout=PATIENCE) as session:
            if (stored := session.get(StoredResponse, (call.api_key, call.idempotency_key))) is not None:
                if stored.recorded_at > now - KEPT:
                    return _replay(stored, call), True
                session.delete(stored)
                session.flush()
            row = StoredResponse(api_key_id=call.api_key, idempotency_key=call.idempotency_key, digest=call.digest)
            row.recorded_at = now
            session.add(row)
            session.flush()
            response = run()
            redacted = redact(response)
            row.status, row.body, row.headers = redacted.status, redacted.body, redacted.headers
    except TimeoutError as exc:
        raise StillRunning(
            "The first call with this Idempotency-Key is still running. Send the call again in a few seconds."
        ) from exc
    return response, False


def has_response(db: Database, api_key: UUID, idempotency_key: str, *, now: dt.datetime) -> bool:
    """Return whether the response to a call with this key is stored."""
    with db.read() as session:
        stored = session.get(StoredResponse, (api_key, idempotency_key))
        return stored is not None and stored.recorded_at > now - KEPT


def prune_responses(db: Database, *, now: dt.datetime) -> None:
    """Delete the expired responses."""
    expired, key = StoredResponse.recorded_at <= now - KEPT, (StoredResponse.api_key_id, StoredResponse.idempotency_key)
    while True:
        with db.read() as session:
            batch = session.execute(sa.select(*key).where(expired).limit(_BATCH)).all()
        if not batch:
            return
        with db.write() as session:
            session.execute(sa.delete(StoredResponse).where(expired, sa.tuple_(*key).in_(batch)))


def _replay(stored: StoredResponse, call: IdempotentCall) -> CallResponse:
    if stored.digest != call.digest:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used for another request, and each request needs its own. Send a new key."
        )
    return CallResponse(stored.status, stored.body, stored.headers)
