"""/metrics"""

from __future__ import annotations

import datetime as dt
import logging

from flask import Blueprint, Response

from service.db import is_away
from service.metrics import CONTENT_TYPE, Backlog, render_metrics
from service.outbox import measure_backlog
from service.runtime import runtime

blp = Blueprint("metrics", __name__)

log = logging.getLogger(__name__)


@blp.get("/metrics")
def get_metrics() -> Response:
    """What was counted, for Prometheus"""
    return Response(render_metrics(_backlog()), content_type=CONTENT_TYPE)


def _backlog() -> Backlog | None:
    """What waits in the outbox; None while the database is away, which is when the rest is wanted most."""
    try:
        return measure_backlog(runtime().db, now=dt.datetime.now(dt.UTC))
    except Exception as exc:
        if not is_away(exc):
            raise
        log.warning("The database is away: %s", exc)
        return None
