"""Calls that may be sent again: the first answer is kept, and given to whoever asks the same under the same key."""

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
_PRUNED_AT_ONCE = 1000  # so that nobody who writes waits long
PATIENCE = 5.0  # seconds that a call waits for an earlier one with its key


class Call(NamedTuple):
    """A call that creates something, as it is known again."""

    api_key: UUID
    idempotency_key: str
    digest: str
    """What was asked, hashed: the same for the same request only."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@retried
def answer_once(
    db: Database, call: Call, *, give: Callable[[], Answer], keep: Callable[[Answer], Answer], now: dt.datetime
) -> tuple[Answer, bool]:
    """Answer a call, or give the answer that it was given before.

    All that `give` does to the database is one transaction with the answer that is kept, so there is never
    the one without the other. Where it raises there is neither, and the next call is the first again.

    Args:
        db: The database.
        call: The call.
        give: Does what is asked and answers.
        keep: What is kept of an answer: nothing that is to be seen only once.
        now: The moment of the call.

    Returns:
        The answer, and whether it is an earlier one.

    Raises:
        StillRunning: An earlier call with this key has not been answered within five seconds.
        IdempotencyKeyReused: The key was used for something else.
    """
    try:
        with db.write_locked(f"idempotency {call.api_key} {call.idempotency_key}", timeout=PATIENCE) as session:
            if (kept := session.get(StoredResponse, (call.api_key, call.idempotency_key))) is not None:
                if kept.recorded_at > now - KEPT:
                    return _replayed(kept, call), True
                session.delete(kept)
                session.flush()
            row = StoredResponse(api_key_id=call.api_key, idempotency_key=call.idempotency_key, digest=call.digest)
            row.recorded_at = now
            session.add(row)
            session.flush()
            answer = give()
            kept_of_it = keep(answer)
            row.status, row.body, row.headers = kept_of_it.status, kept_of_it.body, kept_of_it.headers
    except TimeoutError as exc:
        raise StillRunning("The first call with this Idempotency-Key is still running.") from exc
    return answer, False


def prune_answers(db: Database, *, now: dt.datetime) -> None:
    """Let go of the answers that were kept long enough."""
    old, called = StoredResponse.recorded_at <= now - KEPT, (StoredResponse.api_key_id, StoredResponse.idempotency_key)
    while True:
        with db.read() as session:
            some = session.execute(sa.select(*called).where(old).limit(_PRUNED_AT_ONCE)).all()
        if not some:
            return
        with db.write() as session:
            session.execute(sa.delete(StoredResponse).where(old, sa.tuple_(*called).in_(some)))


def _replayed(kept: StoredResponse, call: Call) -> Answer:
    if kept.digest != call.digest:
        raise IdempotencyKeyReused("This Idempotency-Key came with another request before; take a new one for this.")
    return Answer(kept.status, kept.body, kept.headers)
