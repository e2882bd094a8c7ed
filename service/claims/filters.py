"""Filter claims by their members, reports and resolutions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.claims.search import has_tag, has_words
from service.errors import InvalidQuery
from service.outlets.find import filtering_outlet
from service.storage.models import Claim, Dispute, Report, Resolution, Withdrawal
from service.storage.predicates import counts_as, disputed_claims, in_topic, is_open, is_reported, merged_with, stands
from service.values.pages import page_key
from service.values.vocabulary import ClaimKind, ClaimStatus, Verdict


class ClaimFilters(TypedDict, total=False):
    """The filters of a list of claims; None has the same effect as leaving a filter out."""

    status: ClaimStatus | None
    verdict: Verdict | None
    outlet: str | None
    kind: ClaimKind | None
    topic: str | None
    tag: str | None
    group: str | None
    external_id: str | None
    url: str | None
    recorded_since: dt.datetime | None
    published_since: dt.datetime | None
    resolved_since: dt.datetime | None
    q: str | None
    resolves_before: dt.datetime | None
    disputed: bool | None


def claim_conditions(session: Session, filters: ClaimFilters, *, now: dt.datetime) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the SQL conditions that a claim must meet to match all filters.

    Merged claims never match (R22a).

    Raises:
        InvalidQuery: The outlet is unknown, or `url` is not an address.
    """
    if (external_id := filters.get("external_id")) is None:
        yield Claim.merged_into_id.is_(None)
    else:
        yield Claim.id == _surviving_id(external_id)
    for name in ("kind", "group"):
        if (value := filters.get(name)) is not None:
            yield getattr(Claim, name) == value
    if (status := filters.get("status")) is not None:
        yield has_status(status, now)
    if (verdict := filters.get("verdict")) is not None:
        yield stands(Resolution.verdict == verdict)
    if (outlet := filters.get("outlet")) is not None:
        reporting = merged_with(filtering_outlet(session, outlet, "outlet"))
        yield sa.exists().where(Report.claim_id == Claim.id, Report.outlet_id.in_(reporting))
    if (recorded_since := filters.get("recorded_since")) is not None:
        yield Claim.recorded_at >= recorded_since
    if (resolves_before := filters.get("resolves_before")) is not None:
        yield Claim.resolves_by < resolves_before
    if (disputed := filters.get("disputed")) is not None:
        has_dispute = sa.exists().where(Dispute.resolution_id == Resolution.id, is_open())
        yield Claim.id.in_(disputed_claims()) if disputed else ~stands(has_dispute)
    yield from _subject_conditions(session, filters)
    yield from _report_conditions(filters)


def _surviving_id(external_id: str) -> sa.ScalarSelect[UUID]:
    """Return a query for the id of the claim with an external id, after merges (R22a)."""
    named = aliased(Claim)
    return sa.select(counts_as(named)).where(named.external_id == external_id).scalar_subquery()


def _subject_conditions(session: Session, filters: ClaimFilters) -> Iterator[sa.ColumnElement[bool]]:
    if (topic := filters.get("topic")) is not None:
        yield in_topic(Claim.topic, topic)
    if (tag := filters.get("tag")) is not None:
        yield has_tag(session, tag)
    if (q := filters.get("q")) is not None:
        yield has_words(session, q)


def _report_conditions(filters: ClaimFilters) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions for the filters on reports and resolutions. Withdrawn reports never match."""
    reported = sa.select(Report.claim_id).where(~sa.exists().where(Withdrawal.report_id == Report.id))
    if (url := filters.get("url")) is not None:
        yield Claim.id.in_(reported.where(Report.page_key == _key_of_page(url)))
    if (published_since := filters.get("published_since")) is not None:
        yield Claim.id.in_(reported.where(Report.published_at >= published_since))
    if (resolved_since := filters.get("resolved_since")) is not None:
        recorded = Resolution.recorded_at >= resolved_since
        yield Claim.id.in_(sa.select(Resolution.claim_id).where(recorded))
        yield stands(recorded & Resolution.verdict.is_not(None))


def _key_of_page(url: str) -> str:
    try:
        return page_key(url)
    except ValueError as exc:
        detail = "Not the address of a page. Send an address such as https://bild.de/sport."
        raise InvalidQuery.at("url", detail=detail, code="invalid") from exc


def has_status(status: ClaimStatus, now: dt.datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has a status at a moment."""
    resolved = stands(Resolution.verdict.is_not(None))
    past = sa.and_(Claim.kind == ClaimKind.EVENT, Claim.resolves_by <= now)
    match status:
        case ClaimStatus.RESOLVED:
            return resolved
        case ClaimStatus.DUE:
            return ~resolved & past & is_reported()
        case ClaimStatus.OPEN:
            not_due = sa.or_(Claim.kind != ClaimKind.EVENT, Claim.resolves_by > now, ~is_reported())
            return ~resolved & not_due & (Claim.kind != ClaimKind.OPINION)
        case ClaimStatus.OPINION:
            return Claim.kind == ClaimKind.OPINION
