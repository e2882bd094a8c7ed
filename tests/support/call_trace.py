"""Trace the files of `service/` that the three main calls enter."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypeVar

import service
from service.app import create_app
from service.config import Settings
from service.storage.migrations import migrate
from tests.support.redis_server import prove, run_private_redis
from tests.support.world import World

ROOT = str(Path(service.__file__).parent)
T = TypeVar("T")

LIMITS = {"record a claim": 28, "resolve a claim": 24, "read a score": 22}


@dataclass
class Trace:
    """The files that a call enters, in order, and the number of changes from one file to another."""

    files: list[str] = field(default_factory=list)
    changes: int = 0
    _last: str = ""

    def enter(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note the file of a function of `service/` that is called."""
        path = frame.f_code.co_filename
        if event != "call" or not path.startswith(ROOT):
            return
        path = path.removeprefix(ROOT + "/")
        if path not in self.files:
            self.files.append(path)
        self.changes += path != self._last
        self._last = path


def trace(call: Callable[[], T]) -> tuple[T, Trace]:
    """Make a call, and return its result and its trace."""
    traced = Trace()
    sys.setprofile(traced.enter)
    try:
        return call(), traced
    finally:
        sys.setprofile(None)


def trace_calls(folder: Path) -> dict[str, Trace]:
    """Trace the three calls on a service with SQLite and a Redis of its own in a folder."""
    with run_private_redis(folder) as redis:
        settings = Settings.from_env({"BORNEOUT_REDIS_URL": redis.url}, data_dir=folder)
        app = create_app(settings)
        with closing(app.extensions["runtime"].db) as db:
            migrate(db.engine)
            world = World(app)
            traces: dict[str, Trace] = {}
            for _ in range(2):
                claim, traces["record a claim"] = trace(world.record)
                _, traces["resolve a claim"] = trace(partial(world.resolve, claim, "true"))
                prove(world.runtime.cache)
                _, traces["read a score"] = trace(world.score)
            return traces
