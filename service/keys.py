"""API keys: made once, shown once, kept as a hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from service.db import Database, lock_name
from service.errors import NotFound
from service.models import ApiKey
from service.vocabulary import Caller, Scope

KEY = re.compile(r"bo_[A-Za-z0-9_-]{20,200}", re.ASCII)

_HANDLE = 16


def create_key(db: Database, *, name: str, scopes: Iterable[Scope], now: dt.datetime) -> str:
    """Make a key.

    Returns:
        The key itself, which is not kept and cannot be shown again.
    """
    secret = _new_secret()
    with db.write() as session:
        session.add(_row(secret, name=name, scopes=scopes, now=now))
    return secret


def ensure_first_key(db: Database, *, given: str | None, now: dt.datetime) -> str | None:
    """Give an empty database its first key, an admin's.

    Args:
        db: The database.
        given: The key to accept; None to make one.
        now: The moment of the call.

    Returns:
        The key if one was made just now; None if there was one, or it was given.
    """
    with db.write() as session:
        lock_name(session, "first key")
        if session.scalar(sa.select(sa.exists().select_from(ApiKey))):
            return None
        secret = given or _new_secret()
        session.add(_row(secret, name="first key", scopes=[Scope.ADMIN], now=now))
    return None if given else secret


def list_keys(db: Database) -> Sequence[ApiKey]:
    """Every key ever made, oldest first."""
    with db.read() as session:
        return session.scalars(sa.select(ApiKey).order_by(ApiKey.id)).all()


def revoke_key(db: Database, key_id: UUID, *, now: dt.datetime) -> ApiKey:
    """End a key for good; revoking it again changes nothing.

    Raises:
        NotFound: There is no such key.
    """
    with db.write() as session:
        if (key := session.get(ApiKey, key_id, with_for_update=True)) is None:
            raise NotFound(f"No key {key_id}.")
        key.revoked_at = key.revoked_at or now
    return key


def find_caller(db: Database, secret: str) -> Caller | None:
    """Who a key belongs to, or None if it is no key or was revoked."""
    if not KEY.fullmatch(secret):
        return None
    digest = _digest(secret)
    with db.read() as session:
        keys = session.scalars(
            sa.select(ApiKey).where(ApiKey.handle == digest[:_HANDLE], ApiKey.revoked_at.is_(None))
        ).all()
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            return Caller(key_id=key.id, scopes=frozenset(map(Scope, key.scopes)))
    return None


def _new_secret() -> str:
    return f"bo_{secrets.token_urlsafe(30)}"


def _row(secret: str, *, name: str, scopes: Iterable[Scope], now: dt.datetime) -> ApiKey:
    digest = _digest(secret)
    return ApiKey(
        name=name, handle=digest[:_HANDLE], digest=digest, scopes=sorted(set(scopes)), recorded_at=now, revoked_at=None
    )


def _digest(secret: str) -> str:
    # A key holds 30 random bytes, so a plain hash is enough: there is no dictionary to try.
    return hashlib.sha256(secret.encode()).hexdigest()
