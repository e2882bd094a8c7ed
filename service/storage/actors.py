"""The current actor: the API key or process that the journal names as the author of each entry."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of ledger entries: an API key or one of our processes, with the current request's id."""

    key_id: UUID | None = None
    name: str | None = None
    request_id: str | None = None


UNNAMED = Actor(name="unnamed")
COMMAND_LINE = Actor(name="command line")
WORKER = Actor(name="worker")

CURRENT_ACTOR: ContextVar[Actor] = ContextVar("current actor", default=UNNAMED)
"""The actor of the current thread, set when a request or a command starts."""
