"""List the reports on a claim or of an outlet."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from service.claims.describe import describe_report
from service.claims.load import require_claim
from service.claims.views import ReportView
from service.outlets.find import require_outlet
from service.storage.db import Database
from service.storage.models import Claim, Report
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import in_topic, merged_with
from service.values.instants import parse_instant


def list_claim_reports(db: Database, claim_id: UUID, *, after: SortKey | None, limit: int) -> Page[ReportView]:
    """Return a page of the reports on a claim, in order of publication.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
        InvalidQuery: `after` is not a sort key of this list.
    """
    keyset = Keyset([Report.published_at, Report.recorded_at, Report.id], [parse_instant, parse_instant, UUID])
    rows = _loaded().where(Report.claim_id == claim_id)
    with db.read() as session:
        require_claim(session, claim_id)
        return _page_of_views(keyset.page(session, rows, after=after, limit=limit))


def list_outlet_reports(
    db: Database, reference: str, *, topic: str | None, after: SortKey | None, limit: int
) -> Page[ReportView]:
    """Return a page of the reports of an outlet, on all topics or one, the newest first.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        InvalidQuery: `after` is not a sort key of this list.
    """
    keyset = Keyset([Report.published_at, Report.id], [parse_instant, UUID], descending=True)
    with db.read() as session:
        filed = Report.outlet_id.in_(merged_with(require_outlet(session, reference)))
        rows = _loaded().where(filed)
        if topic is not None:
            rows = rows.join(Claim, Claim.id == Report.claim_id).where(in_topic(Claim.topic, topic))
        return _page_of_views(keyset.page(session, rows, after=after, limit=limit))


def _loaded() -> sa.Select[Report]:
    """Select reports with the related rows that their views show."""
    return sa.select(Report).options(
        selectinload(Report.outlet),
        selectinload(Report.cited),
        selectinload(Report.withdrawal),
        selectinload(Report.claim).selectinload(Claim.resolutions),
    )


def _page_of_views(page: Page[Report]) -> Page[ReportView]:
    return Page([describe_report(report, report.claim) for report in page.items], page.next)
