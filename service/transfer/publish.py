"""Read the resolved claims that are published as ClaimReview.

The feed reads all claims, so only columns are selected, which is much faster than loading objects.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.load import require_claim
from service.errors import NotFound
from service.storage.db import Database
from service.storage.models import Claim, Outlet, OutletDomain, Report, Resolution, Withdrawal
from service.storage.models.columns import RedactionNote
from service.storage.predicates import counts_as, is_among, is_newest
from service.transfer.claimreview.published import PublishedClaim, PublishedOutlet, PublishedReport
from service.values.instants import format_instant
from service.values.vocabulary import Precision, Stance, Verdict

_BATCH = 500
_CLAIMS = (
    sa.select(Claim.id, Claim.external_id, Claim.text, Claim.redacted)
    .add_columns(Resolution.truth, Resolution.known_at, Resolution.known_precision, Resolution.recorded_at)
    .add_columns(Resolution.note, Resolution.evidence, Resolution.redacted.label("hidden"))
    .join(Resolution, Resolution.claim_id == Claim.id)
    .where(Resolution.verdict.in_([verdict for verdict in Verdict if verdict.scores]), is_newest())
    .order_by(Claim.id)
)
"""Selects the claims with a verdict that a review can express."""
_REPORTS = (
    sa.select(Report.claim_id, counts_as(Outlet).label("outlet_id"), Report.published_at, Report.published_precision)
    .add_columns(Report.url, Report.is_relay)
    .join(Outlet, Outlet.id == Report.outlet_id)
    .where(Report.stance == Stance.SUPPORT, ~sa.exists().where(Withdrawal.report_id == Report.id))
    .order_by(Report.published_at, Report.recorded_at, Report.id)
)
"""Selects the reports that support their claim, including relays."""


def get_published_claim(db: Database, claim_id: UUID) -> PublishedClaim:
    """Return a claim with everything that its published review contains.

    Raises:
        NotFound: No claim has this id, it has no verdict that a review can express, or its text is redacted.
    """
    with db.read() as session:
        require_claim(session, claim_id)
        found = session.execute(_CLAIMS.where(Claim.id == claim_id)).mappings().all()
        published = list(_publish(session, found, {}))
    if not published:
        raise NotFound(
            f"You requested the review of the claim {claim_id}, but only claims that proved true, false or partly true "
            "have one, unless their text was redacted. Resolve the claim first."
        )
    return published[0]


def published_claims(session: Session) -> Iterator[PublishedClaim]:
    """Yield all claims that have a review, oldest first, in constant memory."""
    outlets: dict[UUID, PublishedOutlet] = {}
    found = session.execute(_CLAIMS.limit(_BATCH)).mappings().all()
    while found:
        yield from _publish(session, found, outlets)
        found = session.execute(_CLAIMS.where(Claim.id > found[-1]["id"]).limit(_BATCH)).mappings().all()


def _publish(
    session: Session, claims: Sequence[sa.RowMapping], outlets: dict[UUID, PublishedOutlet]
) -> Iterator[PublishedClaim]:
    """Yield claims with their reports, except those with a redacted text. Add the outlets to `outlets`."""
    chosen = is_among(session, Report.claim_id, [claim["id"] for claim in claims])
    reports = session.execute(_REPORTS.where(chosen)).mappings().all()
    outlets |= _read_outlets(session, {report["outlet_id"] for report in reports} - outlets.keys())
    by_claim: defaultdict[UUID, list[PublishedReport]] = defaultdict(list)
    for report in reports:
        published_at = _moment(report["published_at"], report["published_precision"])
        shown = PublishedReport(outlets[report["outlet_id"]], published_at, report["url"], report["is_relay"])
        by_claim[report["claim_id"]].append(shown)
    for claim in claims:
        if "text" not in _members(claim["redacted"]):
            yield _published(claim, by_claim[claim["id"]])


def _published(claim: sa.RowMapping, reports: list[PublishedReport]) -> PublishedClaim:
    return PublishedClaim(
        id=claim["id"],
        reference=claim["external_id"] or str(claim["id"]),
        text=claim["text"],
        truth=claim["truth"] or 0.0,
        known_at=_moment(claim["known_at"], claim["known_precision"]),
        recorded_at=format_instant(claim["recorded_at"]),
        note=None if "note" in _members(claim["hidden"]) else claim["note"],
        evidence=claim["evidence"],
        reports=reports,
    )


def _read_outlets(session: Session, ids: Collection[UUID]) -> Mapping[UUID, PublishedOutlet]:
    """Return outlets by id, each with its first domain that has no time limit."""
    if not ids:
        return {}
    lasting = OutletDomain.starts_at.is_(None) & OutletDomain.ends_at.is_(None)
    domains = sa.select(OutletDomain.outlet_id, OutletDomain.domain)
    domains = domains.where(is_among(session, OutletDomain.outlet_id, ids), lasting)
    by_outlet = dict(reversed(session.execute(domains.order_by(OutletDomain.outlet_id, OutletDomain.position)).all()))
    columns = sa.select(Outlet.id, Outlet.slug, Outlet.name, Outlet.kind)
    rows = session.execute(columns.where(is_among(session, Outlet.id, ids)))
    return {id_: PublishedOutlet(slug, name, kind, by_outlet.get(id_)) for id_, slug, name, kind in rows}


def _members(notes: list[RedactionNote] | None) -> set[str]:
    """Return the redacted members of a row."""
    return {note["member"] for note in notes or ()}


def _moment(moment: dt.datetime, precision: Precision) -> str:
    return moment.date().isoformat() if precision is Precision.DAY else format_instant(moment)
