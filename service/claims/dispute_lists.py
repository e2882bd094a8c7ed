"""List the disputes of resolutions."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import describe_dispute
from service.claims.load import require_claim
from service.claims.views import DisputeView, ListedDispute
from service.storage.db import Database
from service.storage.models import Claim, Dispute, Resolution
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import is_among, is_open
from service.values.documents import members_of
from service.values.vocabulary import DisputeStatus

_OLDEST_FIRST = Keyset([Dispute.id], [UUID])


def list_disputes(
    db: Database, *, status: DisputeStatus | None = None, after: SortKey | None, limit: int
) -> Page[ListedDispute]:
    """Return a page of the disputes of all claims, the oldest first, with the texts of the claims.

    Raises:
        InvalidQuery: `after` is not a sort key of this list.
    """
    rows = sa.select(Dispute)
    if status is not None:
        rows = rows.where(is_open() if status is DisputeStatus.OPEN else ~is_open())
    with db.read() as session:
        page = _page(session, rows, after=after, limit=limit)
        named = sa.select(Claim.id, Claim.text).where(is_among(session, Claim.id, {one.claim for one in page.items}))
        texts = dict(session.execute(named).all())
    return Page([ListedDispute(**members_of(one), about=texts[one.claim]) for one in page.items], page.next)


def list_claim_disputes(db: Database, claim_id: UUID, *, after: SortKey | None, limit: int) -> Page[DisputeView]:
    """Return a page of the disputes of all resolutions of a claim, the oldest first.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
        InvalidQuery: `after` is not a sort key of this list.
    """
    resolutions = sa.select(Resolution.id).where(Resolution.claim_id == claim_id)
    rows = sa.select(Dispute).where(Dispute.resolution_id.in_(resolutions))
    with db.read() as session:
        require_claim(session, claim_id)
        return _page(session, rows, after=after, limit=limit)


def _page(session: Session, rows: sa.Select[Dispute], *, after: SortKey | None, limit: int) -> Page[DisputeView]:
    page = _OLDEST_FIRST.page(session, rows.options(selectinload(Dispute.resolution)), after=after, limit=limit)
    return Page([describe_dispute(dispute, dispute.resolution) for dispute in page.items], page.next)
