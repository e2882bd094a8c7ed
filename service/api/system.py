"""/healthz and /readyz"""

from __future__ import annotations

from service.draining import check_not_stopping
from service.runtime import runtime
from service.schemas.system import HealthOut, ReadinessOut
from service.web import Blueprint

blp = Blueprint("system", __name__, description="Whether the service is up")


@blp.route("/healthz")
@blp.response(200, HealthOut)
def get_health() -> dict[str, str]:
    """Tell whether the process is alive, asking nobody else"""
    return {"status": "ok"}


@blp.route("/readyz")
@blp.response(200, ReadinessOut)
def get_readiness() -> dict[str, str]:
    """Tell whether requests can be answered: not without the database, and without Redis only slower"""
    check_not_stopping(runtime().settings.data_dir)
    runtime().db.ping()
    redis = "ok" if runtime().cache.answers() else "away"
    return {"status": "ok" if redis == "ok" else "degraded", "database": "ok", "redis": redis}
