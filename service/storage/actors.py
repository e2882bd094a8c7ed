"""Who is at work, for the ledger, which enters it with every row: said once, where a request or a command begins."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """An API key, or one of our own processes by its name; and the request that is being answered."""

    key_id: UUID | None = None
    name: str | None = None
    request_id: str | None = None


NOBODY = Actor(name="unnamed")
COMMAND_LINE = Actor(name="command line")
WORKER = Actor(name="worker")

_AT_WORK: ContextVar[Actor] = ContextVar("at work", default=NOBODY)


def set_actor(actor: Actor) -> None:
    """Say who is at work from here on, in this thread."""
    _AT_WORK.set(actor)


def current_actor() -> Actor:
    """Who is at work."""
    return _AT_WORK.get()
