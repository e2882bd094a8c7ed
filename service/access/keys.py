"""API keys: made, given another secret, ended. A secret is shown once and kept as a hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import InvalidBody, KeyEnded, LastAdminKey, NotFound
from service.storage.db import Database
from service.storage.locks import lock_name
from service.storage.models import ApiKey, FormerSecret
from service.storage.paging import Keyset, Page, SortKey
from service.storage.versions import check_match
from service.values.documents import members_of
from service.values.vocabulary import Caller, Scope


class NewKey(TypedDict):
    """A key as sent."""

    name: str
    scopes: list[Scope]
    expires_at: dt.datetime | None


class KeyChanges(TypedDict, total=False):
    """The new values of the members of a key that change."""

    name: str
    expires_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key without its secret."""

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


KEY = re.compile(r"bo_[A-Za-z0-9_-]{20,200}", re.ASCII)
log = logging.getLogger(__name__)

USES_APART = dt.timedelta(hours=1)
"""How old the stored moment of a key's last use has to be before a newer one is stored."""
HANDLE_LENGTH = 16
"""How much of a secret's digest its row is found by."""


class ValidKey(NamedTuple):
    """A key that was valid when it was read from the database."""

    caller: Caller
    ends_at: dt.datetime | None
    """When the key expires, or the secret that was sent if that is earlier."""


def create_key(
    db: Database, *, name: str, scopes: Iterable[Scope], expires_at: dt.datetime | None = None, now: dt.datetime
) -> NewKeyView:
    """Make a key.

    Returns:
        The key with its `secret`, which is not kept and cannot be shown again.

    Raises:
        InvalidBody: It would expire before it is made.
    """
    _check_expiry(expires_at, now)
    secret = _new_secret()
    with db.write() as session:
        key = _row(secret, name=name, scopes=scopes, now=now)
        key.expires_at = expires_at
        session.add(key)
    return NewKeyView(**members_of(describe_key(key)), secret=secret)


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


def page_keys(db: Database, *, after: SortKey | None, limit: int) -> Page[KeyView]:
    """Every key ever made, oldest first, some at a time.

    Raises:
        InvalidQuery: `after` is not a sort key of this list.
    """
    with db.read() as session:
        page = Keyset([ApiKey.id], [UUID]).page(session, sa.select(ApiKey), after=after, limit=limit)
        return Page([describe_key(key) for key in page.items], page.next)


def get_key(db: Database, key_id: UUID) -> KeyView:
    """What is known of a key.

    Raises:
        NotFound: There is no such key.
    """
    with db.read() as session:
        return describe_key(_load(session, key_id))


def change_key(
    db: Database, key_id: UUID, *, changes: KeyChanges, if_match: AbstractSet[str] | None, now: dt.datetime
) -> KeyView:
    """Give a key another name, or another moment at which it expires.

    Args:
        db: The database.
        key_id: Which key.
        changes: New values of `name` and `expires_at`, those that change.
        if_match: The tags of what the caller has seen; None for whatever there is.
        now: The moment of the call.

    Raises:
        NotFound: There is no such key.
        PreconditionFailed: The key was changed meanwhile.
        InvalidBody: It would have expired by now.
        KeyEnded: It was revoked or has expired.
        LastAdminKey: When it expires there will be no other admin key.
    """
    expires_at = changes.get("expires_at")
    _check_expiry(expires_at, now)
    with db.write() as session:
        key = _load_good(session, key_id, if_match, now=now)
        if expires_at is not None:
            _check_admin_left(session, key, at=expires_at)
        for name, value in changes.items():
            setattr(key, name, value)
    return describe_key(key)


def rotate_key(db: Database, key_id: UUID, *, overlap: dt.timedelta, now: dt.datetime) -> NewKeyView:
    """Give a key another secret; those that it has had end when the overlap does, or before.

    It stays the same key, so it may still not resolve what it filed (R14), and its Idempotency-Keys go on.

    Returns:
        The key with its new `secret`, which cannot be shown again.

    Raises:
        NotFound: There is no such key.
        KeyEnded: It was revoked or has expired.
    """
    secret = _new_secret()
    with db.write() as session:
        key = _load_good(session, key_id, None, now=now)
        _end_former(session, key_id, ends_at=now + overlap, now=now)
        session.add(FormerSecret(digest=key.digest, handle=key.handle, api_key_id=key_id, ends_at=now + overlap))
        key.digest = digest_of(secret)
        key.handle = key.digest[:HANDLE_LENGTH]
    return NewKeyView(**members_of(describe_key(key)), secret=secret)


def revoke_key(db: Database, key_id: UUID, *, if_match: AbstractSet[str] | None = None, now: dt.datetime) -> KeyView:
    """End a key for good; revoking it again changes nothing.

    Raises:
        NotFound: There is no such key.
        PreconditionFailed: It was changed after the caller read it.
        LastAdminKey: There is no other admin key.
    """
    with db.write() as session:
        key = _load(session, key_id, lock=True)
        check_match(describe_key(key), if_match)
        if is_good(key, now):
            _check_admin_left(session, key, at=now)
        key.revoked_at = key.revoked_at or now
    return describe_key(key)


def find_caller(db: Database, secret: str, *, now: dt.datetime) -> Caller | None:
    """Return the owner of a secret; None if it is not a key, or was revoked or has expired."""
    found = find_key(db, secret, now=now)
    return None if found is None else found.caller


def find_key(db: Database, secret: str, *, now: dt.datetime) -> ValidKey | None:
    """Return the key with this secret; None if it is not a key, or was revoked or has expired."""
    if not KEY.fullmatch(secret):
        return None
    digest = digest_of(secret)
    handle = digest[:HANDLE_LENGTH]
    current = sa.select(ApiKey, ApiKey.digest, ApiKey.expires_at).where(ApiKey.handle == handle)
    former = (
        sa.select(ApiKey, FormerSecret.digest, FormerSecret.ends_at)
        .join(FormerSecret, FormerSecret.api_key_id == ApiKey.id)
        .where(FormerSecret.handle == handle, FormerSecret.ends_at > now)
    )
    with db.read() as session:
        found = session.execute(current).all() or session.execute(former).all()
    for key, kept, secret_ends_at in found:
        if hmac.compare_digest(kept, digest) and is_good(key, now):
            note_use(db, key, now=now)
            ends = [moment for moment in (key.expires_at, secret_ends_at) if moment is not None]
            caller = Caller(key_id=key.id, scopes=frozenset(map(Scope, key.scopes)))
            return ValidKey(caller, min(ends, default=None))
    return None


def note_use(db: Database, key: ApiKey, *, now: dt.datetime) -> None:
    """Store when a key was last used, at most once an hour.

    The caller is not affected if the database cannot store it now: the next use tries again.
    """
    before = now - USES_APART
    if db.is_writing or (key.last_used_at is not None and key.last_used_at > before):
        return
    unnoted = sa.or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= before)
    try:
        with db.write_nowait() as session:
            session.execute(sa.update(ApiKey).where(ApiKey.id == key.id, unnoted).values(last_used_at=now))
    except sa.exc.DBAPIError as exc:
        log.info("The use of a key was not stored: %s", exc)


def describe_key(key: ApiKey) -> KeyView:
    """Return the view of a key."""
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
    """Let a key's former secrets end no later, and let go of every one that has ended."""
    for secret in session.scalars(sa.select(FormerSecret).where(FormerSecret.ends_at <= now)):
        session.delete(secret)
    longer = sa.select(FormerSecret).where(FormerSecret.api_key_id == key_id, FormerSecret.ends_at > ends_at)
    for secret in session.scalars(longer):
        secret.ends_at = ends_at


def _load(session: Session, key_id: UUID, *, lock: bool = False) -> ApiKey:
    """A key; with a lock, while no other key can be ended."""
    if lock:
        lock_name(session, "keys")
    if (key := session.get(ApiKey, key_id)) is None:
        raise NotFound(f"No key {key_id}.")
    return key


def _load_good(session: Session, key_id: UUID, if_match: AbstractSet[str] | None, *, now: dt.datetime) -> ApiKey:
    key = _load(session, key_id, lock=True)
    check_match(describe_key(key), if_match)
    if not is_good(key, now):
        raise KeyEnded(f"The key {key_id} was revoked or has expired.")
    return key


def is_good(key: ApiKey, at: dt.datetime) -> bool:
    """Whether a key opens anything at a moment: neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > at)


def _check_admin_left(session: Session, ending: ApiKey, *, at: dt.datetime) -> None:
    others = session.scalars(sa.select(ApiKey).where(ApiKey.id != ending.id, ApiKey.revoked_at.is_(None)))
    if Scope.ADMIN in ending.scopes and not any(Scope.ADMIN in key.scopes and is_good(key, at) for key in others):
        raise LastAdminKey(f"No other key with the scope admin would be left after {ending.name!r}.")


def _check_expiry(expires_at: dt.datetime | None, now: dt.datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise InvalidBody.at("/expires_at", "Lies in the past.", "past")


def _new_secret() -> str:
    return f"bo_{secrets.token_urlsafe(30)}"


def _row(secret: str, *, name: str, scopes: Iterable[Scope], now: dt.datetime) -> ApiKey:
    digest = digest_of(secret)
    return ApiKey(name=name, handle=digest[:HANDLE_LENGTH], digest=digest, scopes=sorted(set(scopes)), recorded_at=now)


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    # A key holds 30 random bytes, so a plain hash is enough: there is no dictionary to try.
    return hashlib.sha256(secret.encode()).hexdigest()
