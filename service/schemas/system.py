"""The state of the service, in responses."""

from __future__ import annotations

from marshmallow.validate import OneOf

from service.schemas import shown
from service.schemas.fields import Answer


class HealthOut(Answer):
    """The state of the process."""

    status = shown.text("Always `ok`: a process that is not alive does not respond.", validate=OneOf(["ok"]))


class ReadinessOut(Answer):
    """The state of the service and of what it depends on."""

    status = shown.text(
        "`ok`: everything is available; `degraded`: Redis is not, so responses are slower and rate limits are off.",
        validate=OneOf(["ok", "degraded"]),
    )
    database = shown.text("Always `ok`: without the database the response is 503.", validate=OneOf(["ok"]))
    redis = shown.text("`ok`: Redis responds; `away`: it does not.", validate=OneOf(["ok", "away"]))
