"""What a cache is asked in tests, and what the database would say."""

from __future__ import annotations

import time

from service.cache import Answer, CacheStatus, Question

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
    return cache.forget(["herald"])


def generations(client):
    """The tokens that the outlet has now, and that all outlets share."""
    return client.mget("borneout:2:generation:herald", "borneout:2:generation")


def quickly(call):
    """What a call gives, once it is sure that it did not wait: redis-py's defaults would take 4 s and more."""
    began = time.monotonic()
    result = call()
    assert time.monotonic() - began < 2
    return result
