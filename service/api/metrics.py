"""/metrics"""

from __future__ import annotations

import logging

from flask import Blueprint, Response

from service.cache.invalidation import measure_backlog
from service.cache.redis_link import CacheState
from service.storage.db_errors import is_unavailable
from service.telemetry.metrics import CONTENT_TYPE, Backlog, render_metrics
from service.values.instants import utc_now
from service.web.runtime import runtime

blp = Blueprint("metrics", __name__)

log = logging.getLogger(__name__)


@blp.get("/metrics")
def get_metrics() -> Response:
    """Return the metrics for Prometheus"""
    is_cache_used = runtime().cache.link.state() is CacheState.OK
    return Response(render_metrics(_backlog(), is_cache_used=is_cache_used), content_type=CONTENT_TYPE)


def _backlog() -> Backlog | None:
    """Return the backlog of the outbox; None while the database is unavailable."""
    try:
        return measure_backlog(runtime().db, now=utc_now())
    except Exception as exc:
        if not is_unavailable(exc):
            raise
        log.warning("The database is unavailable: %s", exc)
        return None
