"""Find an API key by its secret, and store when it was last used."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
import re
from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from service.storage.db import Database
from service.storage.models import ApiKey, FormerSecret, StoredResponse
from service.values.vocabulary import Caller, Scope

log = logging.getLogger(__name__)

KEY = re.compile(r"bo_[A-Za-z0-9_-]{20,200}", re.ASCII)
"""The format of an API key's secret."""
USES_APART = dt.timedelta(hours=1)
"""The minimum time between two updates of a key's last use."""
HANDLE_LENGTH = 16
"""The length of a key's handle, the start of its digest by which its row is found."""


_SENT = sa.and_(
    StoredResponse.api_key_id == ApiKey.id, StoredResponse.idempotency_key == sa.bindparam("idempotency_key")
)
_CURRENT = (
    sa.select(ApiKey, ApiKey.digest, ApiKey.expires_at, StoredResponse)
    .outerjoin(StoredResponse, _SENT)
    .where(ApiKey.handle == sa.bindparam("handle"))
)
_FORMER = (
    sa.select(ApiKey, FormerSecret.digest, FormerSecret.ends_at, StoredResponse)
    .join(FormerSecret, FormerSecret.api_key_id == ApiKey.id)
    .outerjoin(StoredResponse, _SENT)
    .where(FormerSecret.handle == sa.bindparam("handle"), FormerSecret.ends_at > sa.bindparam("now"))
)


class ValidKey(NamedTuple):
    """A key that was valid when it was read from the database."""

    caller: Caller
    ends_at: dt.datetime | None
    """The earlier of the moments at which the key and the sent secret expire; None for never."""
    response: StoredResponse | None
    """The response stored for the Idempotency-Key of the call; it may have expired."""


def find_caller(db: Database, secret: str, *, now: dt.datetime) -> Caller | None:
    """Return the caller whose API key has this secret; None if it is unknown, revoked or expired."""
    found = find_key(db, secret, now=now)
    return None if found is None else found.caller


def find_key(db: Database, secret: str, *, idempotency_key: str | None = None, now: dt.datetime) -> ValidKey | None:
    """Return the API key with this secret; None if it is unknown, revoked or expired.

    Args:
        db: The database.
        secret: The secret.
        idempotency_key: The Idempotency-Key of the call. Its stored response is read by the same query.
        now: The time of the call.
    """
    if not KEY.fullmatch(secret):
        return None
    digest = digest_of(secret)
    sent = {"handle": digest[:HANDLE_LENGTH], "idempotency_key": idempotency_key}
    with db.read() as session:
        rows = session.execute(_CURRENT, sent).all() or session.execute(_FORMER, sent | {"now": now}).all()
    for key, stored_digest, secret_ends_at, response in rows:
        if hmac.compare_digest(stored_digest, digest) and is_valid(key, now):
            record_use(db, key, now=now)
            ends = [moment for moment in (key.expires_at, secret_ends_at) if moment is not None]
            return ValidKey(caller_of(key), min(ends, default=None), response)
    return None


def record_use(db: Database, key: ApiKey, *, now: dt.datetime) -> None:
    """Store the time of a key's last use, at most once an hour.

    If the database cannot store it now, it is stored at a later use.
    """
    before = now - USES_APART
    if db.is_writing or (key.last_used_at is not None and key.last_used_at > before):
        return
    is_old = sa.or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= before)
    try:
        with db.write_nowait() as session:
            session.execute(sa.update(ApiKey).where(ApiKey.id == key.id, is_old).values(last_used_at=now))
    except sa.exc.DBAPIError as exc:
        log.info("The use of a key was not stored: %s", exc)


def caller_of(key: ApiKey) -> Caller:
    """Return the caller that a key identifies, with all scopes that its scopes imply."""
    return Caller(key.id, granted(key.scopes))


def granted(scopes: Collection[str]) -> frozenset[Scope]:
    """Return these scopes and all that they imply; `admin` implies every scope."""
    return frozenset(Scope if Scope.ADMIN in scopes else map(Scope, scopes))


def is_valid(key: ApiKey, at: dt.datetime) -> bool:
    """Return whether a key is neither revoked nor expired at a given time."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > at)


def digest_of(secret: str) -> str:
    """Return the hash that is stored for a secret."""
    # A secret has 30 random bytes, so a plain hash is safe against dictionary attacks.
    return hashlib.sha256(secret.encode()).hexdigest()
