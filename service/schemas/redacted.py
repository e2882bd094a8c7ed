"""The note that replaces content removed for legal reasons."""

from __future__ import annotations

import marshmallow as ma

from service.schemas import shown
from service.schemas.fields import Answer


class RedactedOut(Answer):
    """A member whose content was removed for legal reasons, with the public reason."""

    member = shown.text("The name of the member whose content was removed.")
    reason = shown.text("The reason for the removal.")
    # Stored as text that is already formatted.
    recorded_at = ma.fields.String(
        required=True, metadata={"format": "date-time", "description": "When it was removed. RFC 3339 in UTC."}
    )


def redacted() -> ma.fields.List[object]:
    """Return the field for the redacted members of an object."""
    return shown.parts(RedactedOut, "The members whose content was removed for legal reasons; usually empty.")
