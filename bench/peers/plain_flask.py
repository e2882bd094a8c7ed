"""The plain Flask peer: views that send a score from Redis, or insert rows with SQLAlchemy, and check nothing."""

from __future__ import annotations

import datetime as dt
import os
import uuid

import redis
import sqlalchemy as sa
from flask import Flask, Response, request
from sqlalchemy.orm import sessionmaker

from bench.peers.tables import Claim, Report, Resolution

app = Flask(__name__)
_redis = redis.Redis.from_url(os.environ["REDIS_URL"])
_engine = sa.create_engine(os.environ.get("PEER_DATABASE_URL", "postgresql+psycopg://"))
_session = sessionmaker(_engine, expire_on_commit=False)


@app.get("/v1/outlets/<outlet>/score")
def get_score(outlet: str) -> Response:
    """Send the cached score of an outlet."""
    value = _redis.get(f"peer:{outlet}")
    return Response(value, content_type="application/json") if value else Response(status=404)


@app.post("/v1/claims")
def record_claim() -> tuple[dict[str, str], int]:
    """Insert a claim with its reports."""
    with _session.begin() as session:
        row = Claim(id=uuid.uuid4(), text=request.json["text"])
        reports = [
            Report(
                claim_id=row.id,
                outlet=sent["outlet"]["name"],
                published_at=dt.datetime.fromisoformat(sent["published_at"]),
            )
            for sent in request.json["reports"]
        ]
        session.add(row)
        session.flush()
        session.add_all(reports)
        return {"id": str(row.id)}, 201


@app.post("/v1/claims/<uuid:claim_id>/resolutions")
def resolve_claim(claim_id: uuid.UUID) -> tuple[dict[str, str], int]:
    """Insert a resolution, and delete the cached scores of the outlets."""
    with _session.begin() as session:
        row = Resolution(id=uuid.uuid4(), claim_id=claim_id, verdict=request.json["verdict"], note=request.json["note"])
        session.add(row)
        outlets = session.scalars(sa.select(Report.outlet).where(Report.claim_id == claim_id)).all()
    _redis.delete(*(f"peer:{outlet}" for outlet in outlets))
    return {"id": str(row.id)}, 201
