"""The plain Flask peer: a view that sends a score from Redis."""

from __future__ import annotations

import os

import redis
from flask import Flask, Response

app = Flask(__name__)
_redis = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.get("/v1/outlets/<outlet>/score")
def get_score(outlet: str) -> Response:
    """Send the cached score of an outlet."""
    value = _redis.get(f"peer:{outlet}")
    return Response(value, content_type="application/json") if value else Response(status=404)
