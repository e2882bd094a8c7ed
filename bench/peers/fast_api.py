"""The FastAPI peer: uvicorn with uvloop and httptools, redis.asyncio, and SQLAlchemy that only inserts."""

from __future__ import annotations

import datetime as dt
import os
import uuid

import redis.asyncio
import sqlalchemy as sa
from fastapi import FastAPI, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bench.peers.tables import Claim, Report, Resolution

app = FastAPI()
_redis = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])
_engine = create_async_engine(os.environ.get("PEER_DATABASE_URL", "postgresql+psycopg://"), pool_size=5)
_session = async_sessionmaker(_engine, class_=AsyncSession, expire_on_commit=False)


class OutletIn(BaseModel):
    """An outlet as a client names it."""

    name: str


class ReportIn(BaseModel):
    """A report as a client sends it."""

    outlet: OutletIn
    published_at: dt.datetime


class ClaimIn(BaseModel):
    """A claim as a client sends it."""

    text: str
    reports: list[ReportIn]


class ResolutionIn(BaseModel):
    """A resolution as a client sends it."""

    verdict: str
    note: str


@app.get("/v1/outlets/{outlet}/score")
async def get_score(outlet: str) -> Response:
    """Send the cached score of an outlet."""
    value = await _redis.get(f"peer:{outlet}")
    return Response(value, media_type="application/json") if value else Response(status_code=404)


@app.post("/v1/claims", status_code=201)
async def record_claim(claim: ClaimIn) -> dict[str, str]:
    """Insert a claim with its reports."""
    async with _session.begin() as session:
        row = Claim(text=claim.text)
        session.add(row)
        await session.flush()
        session.add_all(
            Report(claim_id=row.id, outlet=each.outlet.name, published_at=each.published_at) for each in claim.reports
        )
    return {"id": str(row.id)}


@app.post("/v1/claims/{claim_id}/resolutions", status_code=201)
async def resolve_claim(claim_id: uuid.UUID, resolution: ResolutionIn) -> dict[str, str]:
    """Insert a resolution, and delete the cached scores of the outlets."""
    async with _session.begin() as session:
        row = Resolution(claim_id=claim_id, verdict=resolution.verdict, note=resolution.note)
        session.add(row)
        outlets = (await session.scalars(sa.select(Report.outlet).where(Report.claim_id == claim_id))).all()
    await _redis.delete(*(f"peer:{outlet}" for outlet in outlets))
    return {"id": str(row.id)}
