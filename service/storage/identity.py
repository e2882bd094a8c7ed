"""The random id of a database, and the token that pairs it with its Redis."""

from __future__ import annotations

import secrets
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.db import Database, retried
from service.storage.models import Identity


class Pairing(NamedTuple):
    """The id of a database, and the token that only the database and its Redis share."""

    database_id: str
    redis_token: str


@retried
def read_pairing(db: Database) -> Pairing:
    """Return the id of a database and its Redis token, which the first call creates."""
    with db.read() as session:
        found = session.get(Identity, 1)
    if found is None:
        found = Identity(database_id=new_token(), redis_token=new_token())
        with db.write() as session:
            session.add(found)
    return Pairing(found.database_id, found.redis_token)


def database_id(db: Database) -> str:
    """Return the random id of a database. A database restored from a backup has a new id."""
    return read_pairing(db).database_id


def replace_redis_token(db: Database, before: Pairing, token: str) -> bool:
    """Replace the Redis token of a database, unless another worker has replaced it first.

    Returns:
        Whether the token was replaced. If not, another worker has done so since `before` was read.
    """
    row = sa.update(Identity).where(Identity.database_id == before.database_id)
    row = row.where(Identity.redis_token == before.redis_token).values(redis_token=token)
    with db.write() as session:
        return session.scalar(row.returning(Identity.number)) is not None


def forget_identity(session: Session) -> None:
    """Delete the id of a database restored from a backup, so that it gets a new one on first use."""
    session.execute(sa.delete(Identity))


def new_token() -> str:
    """Return a random text of 32 hexadecimal digits."""
    return secrets.token_hex(16)
