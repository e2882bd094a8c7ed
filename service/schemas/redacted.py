"""What was redacted, as it is shown with what it was taken out of."""

from __future__ import annotations

import marshmallow as ma

from service.schemas.fields import Answer


class RedactedOut(Answer):
    member = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
