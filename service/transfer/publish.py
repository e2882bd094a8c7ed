"""Read resolved claims as they are published as ClaimReview."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.load import WHOLE, load_claim
from service.errors import NotFound
from service.storage.db import Database
from service.storage.facts import standing_resolution, surviving_outlet
from service.storage.models import Claim, OutletDomain, Report, Resolution
from service.storage.predicates import is_among, is_newest
from service.transfer.claimreview.item import PublishedClaim, PublishedOutlet, PublishedReport
from service.values.instants import format_instant
from service.values.vocabulary import Precision, Stance, Verdict

_BATCH = 200
_SCORED = [verdict for verdict in Verdict if verdict.scores]


def get_published_claim(db: Database, claim_id: UUID) -> PublishedClaim:
    """Return a claim as its review publishes it.

    Raises:
        NotFound: No claim has this id, or it has no verdict that a review can express, or its text is redacted.
    """
    with db.read() as session:
        claim = load_claim(session, claim_id)
        [*published] = _publish(session, [claim])
    if not published:
        raise NotFound(
            f"The claim {claim_id} has no review, because only claims that proved true, false or partly true have one, "
            "unless their text was redacted. Resolve the claim first."
        )
    return published[0]


def published_claims(session: Session) -> Iterator[PublishedClaim]:
    """Yield all claims that have a review, the oldest first, with flat memory."""
    resolved = sa.select(Resolution.claim_id).where(Resolution.verdict.in_(_SCORED), is_newest())
    rows = sa.select(Claim).where(Claim.id.in_(resolved)).order_by(Claim.id).options(*WHOLE)
    claims = session.scalars(rows.limit(_BATCH)).all()
    while claims:
        yield from _publish(session, claims)
        last = claims[-1].id
        session.expunge_all()
        claims = session.scalars(rows.where(Claim.id > last).limit(_BATCH)).all()


def _publish(session: Session, claims: Sequence[Claim]) -> Iterator[PublishedClaim]:
    domains = _domains(session, [report for claim in claims for report in claim.reports])
    for claim in claims:
        resolution = standing_resolution(claim)
        is_redacted = any(note["member"] == "text" for note in claim.redacted or ())
        if resolution is not None and resolution.verdict in _SCORED and not is_redacted:
            yield _published(claim, resolution, domains)


def _published(claim: Claim, resolution: Resolution, domains: Mapping[UUID, str]) -> PublishedClaim:
    hidden = {note["member"] for note in resolution.redacted or ()}
    return PublishedClaim(
        id=claim.id,
        reference=claim.external_id or str(claim.id),
        text=claim.text,
        truth=resolution.truth or 0.0,
        known_at=_moment(resolution.known_at, resolution.known_precision),
        recorded_at=format_instant(resolution.recorded_at),
        note=None if "note" in hidden else resolution.note,
        evidence=resolution.evidence,
        reports=[_report(report, domains) for report in claim.reports if _supports(report)],
    )


def _supports(report: Report) -> bool:
    """Return whether a report carries the claim as its own or as a relay."""
    return report.withdrawal is None and report.stance is Stance.SUPPORT


def _report(report: Report, domains: Mapping[UUID, str]) -> PublishedReport:
    outlet = surviving_outlet(report.outlet)
    return PublishedReport(
        outlet=PublishedOutlet(outlet.slug, outlet.name, outlet.kind, domains.get(outlet.id)),
        published_at=_moment(report.published_at, report.published_precision),
        url=report.url,
        is_relay=report.is_relay,
    )


def _moment(moment: dt.datetime, precision: Precision) -> str:
    return moment.date().isoformat() if precision is Precision.DAY else format_instant(moment)


def _domains(session: Session, reports: Iterable[Report]) -> dict[UUID, str]:
    """Return the first domain of each outlet that reports, without those that it has for a limited time only."""
    outlets = {surviving_outlet(report.outlet).id for report in reports}
    columns = OutletDomain.outlet_id, OutletDomain.domain
    lasting = OutletDomain.starts_at.is_(None) & OutletDomain.ends_at.is_(None)
    rows = sa.select(*columns).where(is_among(session, OutletDomain.outlet_id, outlets), lasting)
    return dict(reversed(session.execute(rows.order_by(OutletDomain.outlet_id, OutletDomain.position)).all()))
