"""What a cache is asked in tests, and what the database would say."""

from __future__ import annotations

import contextlib

import pytest

from service.cache import redis_link
from service.cache.score_cache import Answer, CacheStatus, Question
from service.telemetry.metrics import render_metrics
from tests.support.metrics_page import counted

HERALD = Question("herald", "all")
TRIBUNE = Question("tribune", "all")

HIT, MISS, BYPASS = CacheStatus.HIT, CacheStatus.MISS, CacheStatus.BYPASS


class Rows:
    """What the database would say: an answer with a number in it that a write moves on."""

    def __init__(self):
        self.number = 0
        self.asked = []
        self.expires_at = None

    def compute(self, questions):
        self.asked += questions
        return [
            Answer(f"{about} {self.number}".encode(), f"tag-{self.number}", expires_at=self.expires_at)
            for about, _ in questions
        ]


def read(cache, rows, *questions):
    """The bodies as text, and how the cache served them."""
    answers, status = cache.get_or_compute(questions or (HERALD,), rows.compute)
    return *(answer.body.decode() for answer in answers), status


def write(cache, rows):
    """What a use case does: change the rows, then make the scores old."""
    rows.number += 1
    return cache.invalidate(["herald"])


def generations(client):
    """The tokens that the outlet has now, and that all outlets share."""
    return client.mget("borneout:2:generation:herald", "borneout:2:generation")


@contextlib.contextmanager
def long_rest():
    """Leave a Redis that failed alone for an hour, so that a slow test does not ask it again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_link, "_REST", 3600.0)
        yield


def failures(before):
    """By how much each count of failures has grown since, where it has."""
    name, after = "borneout_redis_failures_total", render_metrics(None).decode()
    grown = {
        operation: counted(after, name, operation=operation) - counted(before, name, operation=operation)
        for operation in ("read", "keep", "forget", "ping", "limit")
    }
    return {operation: number for operation, number in grown.items() if number}
