"""The FastAPI peer: uvicorn with uvloop and httptools, and redis.asyncio."""

from __future__ import annotations

import os

import redis.asyncio
from fastapi import FastAPI, Response

app = FastAPI()
_redis = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])


@app.get("/v1/outlets/{outlet}/score")
async def get_score(outlet: str) -> Response:
    """Send the cached score of an outlet."""
    value = await _redis.get(f"peer:{outlet}")
    return Response(value, media_type="application/json") if value else Response(status_code=404)
