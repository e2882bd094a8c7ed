"""What a view needs besides its arguments: the database, the cache, the settings and what rests on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app

from service.access.known_keys import KnownKeys
from service.access.limits import Limiter
from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.storage.db import Database


@dataclass(slots=True)
class Runtime:
    """One for each application; the processes that answer have one each."""

    db: Database
    cache: ScoreCache
    settings: Settings
    limiter: Limiter = field(init=False)
    known_keys: KnownKeys = field(init=False)

    def __post_init__(self) -> None:
        self.limiter = Limiter(self.cache.link)
        self.known_keys = KnownKeys(self.db)


def runtime() -> Runtime:
    """The runtime of the application that answers this request."""
    found: Runtime = current_app.extensions["runtime"]
    return found
