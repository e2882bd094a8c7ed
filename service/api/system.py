"""/healthz and /readyz"""

from __future__ import annotations

from service.operations.readiness import check_not_stopping
from service.schemas.system import HealthOut, ReadinessOut
from service.web.blueprint import Blueprint
from service.web.runtime import runtime

blp = Blueprint("system", __name__, description="The state of the service.")


@blp.route("/healthz")
@blp.response(200, HealthOut)
def get_health() -> dict[str, str]:
    """Check that the process is alive

    Returns 200 as long as the process responds. It checks no dependency. For liveness probes.
    """
    return {"status": "ok"}


@blp.route("/readyz")
@blp.response(200, ReadinessOut)
def get_readiness() -> dict[str, str]:
    """Check that the service can handle requests

    Returns 200 if the database is available. Without Redis the service works, but more slowly, and `status` is
    `degraded`. Returns 503 without the database (`unavailable`) and during shutdown (`stopping`). For readiness probes.
    """
    check_not_stopping(runtime().settings.data_dir)
    runtime().db.ping()
    redis = "ok" if runtime().cache.is_reachable() else "away"
    return {"status": "ok" if redis == "ok" else "degraded", "database": "ok", "redis": redis}
