"""Who sits at the desk: a browser that was shown an API key, and speaks for it until the key ends or is rotated."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.access.keys import HANDLE_LENGTH, KEY, digest_of, is_good, note_use
from service.storage.db import Database
from service.storage.models import ApiKey
from service.values.vocabulary import Caller, Scope


class Ticket(NamedTuple):
    """What a browser keeps of a key: which one it is, and a mark of the secret that it had. Neither opens anything."""

    key_id: UUID
    mark: str


class Editor(NamedTuple):
    """Who a ticket was given to."""

    caller: Caller
    name: str


def give_ticket(db: Database, secret: str, *, now: dt.datetime) -> Ticket | None:
    """A ticket for who has a key's secret; None if it is none, or no longer the one it has."""
    if not KEY.fullmatch(secret):
        return None
    digest = digest_of(secret)
    with db.read() as session:
        found = session.scalars(sa.select(ApiKey).where(ApiKey.handle == digest[:HANDLE_LENGTH])).all()
    for key in found:
        if hmac.compare_digest(key.digest, digest) and is_good(key, now):
            return Ticket(key.id, _mark(key))
    return None


def take_ticket(db: Database, ticket: Ticket, *, now: dt.datetime) -> Editor | None:
    """Who a ticket speaks for; None once its key was revoked, has expired, or was given another secret."""
    with db.read() as session:
        key = session.get(ApiKey, ticket.key_id)
    if key is None or not is_good(key, now) or not hmac.compare_digest(_mark(key).encode(), ticket.mark.encode()):
        return None
    note_use(db, key, now=now)
    return Editor(Caller(key_id=key.id, scopes=frozenset(map(Scope, key.scopes))), key.name)


def _mark(key: ApiKey) -> str:
    return hashlib.sha256(f"ticket {key.digest}".encode()).hexdigest()
