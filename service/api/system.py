"""/healthz and /readyz"""

from __future__ import annotations

from service.cache.redis_link import CacheState
from service.operations.readiness import check_not_stopping
from service.schemas.system import HealthOut, ReadinessOut
from service.web.blueprint import Blueprint
from service.web.runtime import runtime

blp = Blueprint("system", __name__, description="The state of the service.")


@blp.route("/healthz")
@blp.response(200, HealthOut)
def get_health() -> dict[str, str]:
    """Check that the process is alive

    Returns 200 as long as the process responds. Dependencies are not checked. Use it for liveness probes.
    """
    return {"status": "ok"}


@blp.route("/readyz")
@blp.response(200, ReadinessOut)
def get_readiness() -> dict[str, str | None]:
    """Check that the service can handle requests

    Returns 200 if the database is available. If cached scores cannot be used, the service still works, but more slowly,
    and `status` is `degraded` with a `reason`. Returns 503 without the database (`unavailable`) and during shutdown
    (`stopping`). Use it for readiness probes.
    """
    check_not_stopping(runtime().settings.data_dir)
    runtime().db.ping()
    redis = runtime().cache.link.state()
    status = "ok" if redis is CacheState.OK else "degraded"
    return {"status": status, "database": "ok", "redis": redis.value, "reason": redis.reason}
