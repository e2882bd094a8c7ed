"""Error details for human readers, with claim texts in place of ids."""

from __future__ import annotations

import re
from uuid import UUID

from service.claims import record
from service.errors import ClaimMerged, NotFound
from service.values.instants import utc_now
from service.web.runtime import runtime

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CLAIM = re.compile(_ID)
_OTHER = re.compile(rf"\b(dispute|submission|resolution|report) {_ID}")
_LONGEST = 90


def readable(detail: str) -> str:
    """Replace claim ids in an error's detail with the claims' texts, and remove the ids of other records."""
    return _CLAIM.sub(_quote, _OTHER.sub(r"\1", detail))


def _quote(found: re.Match[str]) -> str:
    """Return a claim's text in quotation marks; its id if the claim is unknown or was merged."""
    try:
        text = record.get_claim(runtime().db, UUID(found[0]), now=utc_now()).text.rstrip(".")
    except (NotFound, ClaimMerged):
        return found[0]
    return f"“{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}”"
