"""List the resolutions of claims, and compare them with sent ones."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from service.claims.load import require_claim
from service.claims.resolve import NewResolution, describe_resolution
from service.claims.views import ResolutionView
from service.storage.db import Database
from service.storage.models import Resolution
from service.storage.paging import Keyset, Page, SortKey, read_number
from service.values.instants import is_same_end

_OLDEST_FIRST = Keyset([Resolution.position], [read_number])


def list_resolutions(db: Database, claim_id: UUID, *, after: SortKey | None, limit: int) -> Page[ResolutionView]:
    """Return a page of the resolutions of a claim, the oldest first.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
        InvalidQuery: `after` is not a sort key of this list.
    """
    rows = sa.select(Resolution).where(Resolution.claim_id == claim_id)
    with db.read() as session:
        require_claim(session, claim_id)
        page = _OLDEST_FIRST.page(session, rows, after=after, limit=limit)
    return Page(describe_resolutions(page.items), page.next)


def describe_resolutions(resolutions: Sequence[Resolution]) -> list[ResolutionView]:
    """Return the views of resolutions, in the same order."""
    return [describe_resolution(resolution) for resolution in resolutions]


def is_same_resolution(resolution: Resolution, given: NewResolution) -> bool:
    """Return whether a sent resolution repeats a recorded one; evidence and note are not compared."""
    same_truth = given["truth"] is None or given["truth"] == resolution.truth
    known_at = given["known_at"]
    same_moment = known_at is None or is_same_end(resolution.known_at, resolution.known_precision, known_at)
    same_order = given["supersedes"] in (None, resolution.supersedes_id)
    return resolution.verdict is given["verdict"] and same_truth and same_moment and same_order
