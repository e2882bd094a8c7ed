"""Create, change, rotate and revoke API keys. A secret is shown once and stored as a hash."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.access.authenticate import HANDLE_LENGTH, digest_of, is_valid
from service.errors import InvalidBody, KeyEnded, LastAdminKey, NotFound
from service.storage.db import Database
from service.storage.locks import lock_name
from service.storage.models import ApiKey, FormerSecret
from service.storage.paging import Keyset, Page, SortKey
from service.storage.versions import check_match
from service.values.documents import members_of
from service.values.vocabulary import Scope


class NewKey(TypedDict):
    """The members of a key to create."""

    name: str
    scopes: list[Scope]
    expires_at: dt.datetime | None


class KeyChanges(TypedDict, total=False):
    """The members of a key to change, with their new values."""

    name: str
    expires_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key as responses show it, without its secret."""

    id: UUID
    name: str
    scopes: list[Scope]
    recorded_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class NewKeyView(KeyView):
    """An API key with its new secret, which is returned only once."""

    secret: str


def create_key(
    db: Database, *, name: str, scopes: Iterable[Scope], expires_at: dt.datetime | None = None, now: dt.datetime
) -> NewKeyView:
    """Create an API key with a random secret.

    Returns:
        The key with its `secret`, which is not stored and cannot be shown again.

    Raises:
        InvalidBody: `expires_at` is in the past.
    """
    _check_expiry(expires_at, now)
    secret = _new_secret()
    with db.write() as session:
        key = _new_row(secret, name=name, scopes=scopes, now=now)
        key.expires_at = expires_at
        session.add(key)
    return NewKeyView(**members_of(describe_key(key)), secret=secret)


def ensure_first_key(db: Database, *, given: str | None, now: dt.datetime) -> str | None:
    """Create the first key of an empty database, with the scope `admin`.

    Args:
        db: The database.
        given: The secret of the key; None for a random one.
        now: The time of the call.

    Returns:
        The random secret; None if the secret was given or the database has a key. Keys from a restored export do not
        count, because they have no secrets.
    """
    with db.write() as session:
        lock_name(session, "first key")
        if session.scalar(sa.select(sa.exists().where(ApiKey.handle != ""))):
            return None
        secret = given or _new_secret()
        session.add(_new_row(secret, name="first key", scopes=[Scope.ADMIN], now=now))
    return None if given else secret


def list_keys(db: Database) -> Sequence[ApiKey]:
    """Return all keys, including revoked and expired ones, oldest first."""
    with db.read() as session:
        return session.scalars(sa.select(ApiKey).order_by(ApiKey.id)).all()


def page_keys(db: Database, *, after: SortKey | None, limit: int) -> Page[KeyView]:
    """Return a page of all keys, oldest first.

    Raises:
        InvalidQuery: `after` is not a sort key of this list.
    """
    with db.read() as session:
        page = Keyset([ApiKey.id], [UUID]).page(session, sa.select(ApiKey), after=after, limit=limit)
        return Page([describe_key(key) for key in page.items], page.next)


def get_key(db: Database, key_id: UUID) -> KeyView:
    """Return the key with this id.

    Raises:
        NotFound: No key has this id.
    """
    with db.read() as session:
        return describe_key(_load(session, key_id))


def change_key(
    db: Database, key_id: UUID, *, changes: KeyChanges, if_match: AbstractSet[str] | None, now: dt.datetime
) -> KeyView:
    """Change the name or the expiry of a key.

    Args:
        db: The database.
        key_id: The id of the key.
        changes: The new values.
        if_match: The tags of the versions that the caller accepts; None for any version.
        now: The time of the call.

    Raises:
        NotFound: No key has this id.
        PreconditionFailed: The key has been changed since the caller read it.
        InvalidBody: `expires_at` is in the past.
        KeyEnded: The key was revoked or has expired.
        LastAdminKey: No other admin key will be valid when it expires.
    """
    expires_at = changes.get("expires_at")
    _check_expiry(expires_at, now)
    with db.write() as session:
        key = _load_valid(session, key_id, if_match, now=now)
        if expires_at is not None:
            _check_admin_left(session, key, at=expires_at)
        for name, value in changes.items():
            setattr(key, name, value)
    return describe_key(key)


def rotate_key(db: Database, key_id: UUID, *, overlap: dt.timedelta, now: dt.datetime) -> NewKeyView:
    """Replace the secret of a key. Former secrets expire at the end of the overlap or earlier.

    The key keeps its id, so its claims still count as its own (R14), and its idempotency keys remain valid.

    Returns:
        The key with its new `secret`, which cannot be shown again.

    Raises:
        NotFound: No key has this id.
        KeyEnded: The key was revoked or has expired.
    """
    secret = _new_secret()
    with db.write() as session:
        key = _load_valid(session, key_id, None, now=now)
        _end_former(session, key_id, ends_at=now + overlap, now=now)
        if key.handle:  # a key from a restored export has no secret
            session.add(FormerSecret(digest=key.digest, handle=key.handle, api_key_id=key_id, ends_at=now + overlap))
        key.digest = digest_of(secret)
        key.handle = key.digest[:HANDLE_LENGTH]
    return NewKeyView(**members_of(describe_key(key)), secret=secret)


def revoke_key(db: Database, key_id: UUID, *, if_match: AbstractSet[str] | None = None, now: dt.datetime) -> KeyView:
    """Revoke a key; revoking it again changes nothing.

    Raises:
        NotFound: No key has this id.
        PreconditionFailed: The key has been changed since the caller read it.
        LastAdminKey: No other admin key is valid.
    """
    with db.write() as session:
        key = _load(session, key_id, lock=True)
        check_match(describe_key(key), if_match)
        if is_valid(key, now):
            _check_admin_left(session, key, at=now)
        key.revoked_at = key.revoked_at or now
    return describe_key(key)


def describe_key(key: ApiKey) -> KeyView:
    """Return a key as responses show it, without its secret."""
    return KeyView(
        id=key.id,
        name=key.name,
        scopes=[Scope(scope) for scope in key.scopes],
        recorded_at=key.recorded_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def _end_former(session: Session, key_id: UUID, *, ends_at: dt.datetime, now: dt.datetime) -> None:
    """Limit the former secrets of a key to `ends_at`, and delete expired secrets of all keys."""
    for secret in session.scalars(sa.select(FormerSecret).where(FormerSecret.ends_at <= now)):
        session.delete(secret)
    longer = sa.select(FormerSecret).where(FormerSecret.api_key_id == key_id, FormerSecret.ends_at > ends_at)
    for secret in session.scalars(longer):
        secret.ends_at = ends_at


def _load(session: Session, key_id: UUID, *, lock: bool = False) -> ApiKey:
    """Return a key; with `lock`, lock all keys until the transaction ends."""
    if lock:
        lock_name(session, "keys")
    if (key := session.get(ApiKey, key_id)) is None:
        raise NotFound(f"No key has the id {key_id}. Find the id with GET /v1/keys.")
    return key


def _load_valid(session: Session, key_id: UUID, if_match: AbstractSet[str] | None, *, now: dt.datetime) -> ApiKey:
    key = _load(session, key_id, lock=True)
    check_match(describe_key(key), if_match)
    if not is_valid(key, now):
        raise KeyEnded(f"The key {key_id} was revoked or has expired, and cannot be changed. Create a new key.")
    return key


def _check_admin_left(session: Session, ending: ApiKey, *, at: dt.datetime) -> None:
    """Check that another admin key will be valid at a given time, if the ending key is one.

    Raises:
        LastAdminKey: No other admin key will be valid.
    """
    others = session.scalars(
        sa.select(ApiKey).where(ApiKey.id != ending.id, ApiKey.revoked_at.is_(None), ApiKey.handle != "")
    )
    is_admin = ending.handle and Scope.ADMIN in ending.scopes
    if is_admin and not any(Scope.ADMIN in key.scopes and is_valid(key, at) for key in others):
        raise LastAdminKey(
            f"The key {ending.name!r} is the last one with the scope admin, and the service needs one. Create another "
            "admin key first."
        )


def _check_expiry(expires_at: dt.datetime | None, now: dt.datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise InvalidBody.at("/expires_at", "Not in the future. Send a later time.", "past")


def _new_secret() -> str:
    return f"bo_{secrets.token_urlsafe(30)}"


def _new_row(secret: str, *, name: str, scopes: Iterable[Scope], now: dt.datetime) -> ApiKey:
    digest = digest_of(secret)
    return ApiKey(name=name, handle=digest[:HANDLE_LENGTH], digest=digest, scopes=sorted(set(scopes)), recorded_at=now)
