"""Sign browsers in to the desk with an API key, until the key expires or is revoked or rotated."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.access.authenticate import HANDLE_LENGTH, KEY, caller_of, digest_of, is_valid, record_use
from service.storage.db import Database
from service.storage.models import ApiKey
from service.values.vocabulary import Caller


class Ticket(NamedTuple):
    """The content of a session cookie, from which the secret of the API key cannot be derived."""

    key_id: UUID
    mark: str


class Editor(NamedTuple):
    """The editor who is signed in: the caller of the API key, and the key's name."""

    caller: Caller
    name: str


def issue_ticket(db: Database, secret: str, *, now: dt.datetime) -> Ticket | None:
    """Return a ticket for the key with this secret; None if it is not the current secret of a valid key."""
    if not KEY.fullmatch(secret):
        return None
    digest = digest_of(secret)
    with db.read() as session:
        keys = session.scalars(sa.select(ApiKey).where(ApiKey.handle == digest[:HANDLE_LENGTH])).all()
    for key in keys:
        if hmac.compare_digest(key.digest, digest) and is_valid(key, now):
            return Ticket(key.id, _mark(key))
    return None


def find_editor(db: Database, ticket: Ticket, *, now: dt.datetime) -> Editor | None:
    """Return the editor who holds this ticket; None if the key was revoked or rotated or has expired."""
    with db.read() as session:
        key = session.get(ApiKey, ticket.key_id)
    if key is None or not is_valid(key, now) or not hmac.compare_digest(_mark(key).encode(), ticket.mark.encode()):
        return None
    record_use(db, key, now=now)
    return Editor(caller_of(key), key.name)


def _mark(key: ApiKey) -> str:
    return hashlib.sha256(f"ticket {key.digest}".encode()).hexdigest()
