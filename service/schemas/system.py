"""The state of the service, in responses."""

from __future__ import annotations

from marshmallow.validate import OneOf

from service.cache.redis_link import CacheState
from service.schemas import shown
from service.schemas.fields import Answer


class HealthOut(Answer):
    """The state of the process that responds."""

    status = shown.text("Always `ok`: a process that is not alive does not respond.", validate=OneOf(["ok"]))


class ReadinessOut(Answer):
    """The state of the service and its dependencies."""

    status = shown.text(
        "`ok`: everything is available; `degraded`: cached scores cannot be used, so responses are slower.",
        validate=OneOf(["ok", "degraded"]),
    )
    database = shown.text("Always `ok`: without the database the response is 503.", validate=OneOf(["ok"]))
    redis = shown.text(
        "`ok`: cached scores are used; `away`: Redis does not respond; `read-only`: it rejects writes; "
        "`unproven`: no worker has confirmed that its content is current. With `away` and `read-only`, rate "
        "limits do not apply.",
        validate=OneOf([state.value for state in CacheState]),
    )
    reason = shown.text("If `degraded`, the reason and what to check; otherwise null.", allow_none=True)
