"""Export outlets, claims, reports and resolutions as lines that an import can read.

Withdrawn reports and resolutions that are not in effect are omitted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TypeAlias, TypedDict, Unpack
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.claims.filters import ClaimFilters, claim_conditions
from service.outlets.describe import WHOLE, outlet_state
from service.outlets.find import filtering_outlet
from service.storage.models import Claim, Outlet, Report, Resolution, Version, Withdrawal
from service.storage.predicates import by_bytes, counts_as, is_newest, merged_with
from service.values.instants import format_instant
from service.values.vocabulary import ClaimKind, OutletKind, Precision, Verdict

Line: TypeAlias = Mapping[str, object]
"""A line as a JSON object."""

STREAMED = {"yield_per": 1000}
"""Execution options that fetch rows in batches, to limit memory."""

OUTLET_COLUMNS = ("slug", "name", "kind", "domains", "aliases", "parent", "scorable", "merged_into")
CLAIM_COLUMNS = ("external_id", "text", "kind", "topic", "tags", "resolves_by", "group")
RESOLUTION_COLUMNS = ("claim", "verdict", "truth", "known_at", "known_precision", "evidence", "note")
FLAT_COLUMNS = (
    *("outlet", "claim_id", "claim", "topic", "stance", "published_at"),
    *("url", "probability", "commitment", "outcome", "resolved_at"),
)
"""The columns of flat lines."""


class ReportFilters(TypedDict, total=False):
    """The filters of exported reports. None means no filter."""

    since: dt.datetime | None
    topic: str | None
    outlet: str | None
    """The slug or id of an outlet; only its reports match."""
    kind: ClaimKind | None
    """A kind of claim; only reports on claims of this kind match."""


def outlet_lines(
    session: Session, *, since: dt.datetime | None = None, kind: OutletKind | None = None, parent: str | None = None
) -> Iterator[Line]:
    """Yield the outlets, each after its parent. Merged outlets come last.

    Raises:
        InvalidQuery: The parent is unknown.
    """
    rows = _select_outlets(session)
    if kind is not None:
        rows = rows.where(Outlet.kind == kind)
    if parent is not None:
        rows = rows.where(Outlet.parent_id.in_(merged_with(filtering_outlet(session, parent, "parent"))))
    if since is not None:
        rows = rows.where(sa.or_(is_changed(Outlet, since), Outlet.merged_at >= since))
    for outlet in session.scalars(rows.options(*WHOLE), execution_options=STREAMED):
        state = outlet_state(outlet)
        yield {"type": "outlet", **{name: getattr(state, name) for name in OUTLET_COLUMNS}}


def claim_lines(
    session: Session, *, since: dt.datetime | None = None, now: dt.datetime, **filters: Unpack[ClaimFilters]
) -> Iterator[Line]:
    """Yield the claims that match all filters, oldest first.

    Raises:
        InvalidQuery: The outlet is unknown.
    """
    rows = sa.select(Claim).where(*claim_conditions(session, filters, now=now)).order_by(Claim.id)
    if since is not None:
        rows = rows.where(is_changed(Claim, since))
    for claim in session.scalars(rows, execution_options=STREAMED):
        yield {
            "type": "claim",
            "external_id": claim_reference(claim.id, claim.external_id),
            "text": claim.text,
            "kind": claim.kind,
            "topic": claim.topic,
            "tags": claim.tags,
            "resolves_by": None if claim.resolves_by is None else format_instant(claim.resolves_by),
            "group": claim.group,
        }


def report_lines(session: Session, *, now: dt.datetime, **filters: Unpack[ReportFilters]) -> Iterator[Line]:
    """Yield the reports that are not withdrawn, sorted by claim, outlet and publication.

    Within a claim, outlets with a report of their own come before those that only relay. In this order, an import never
    finds a cycle of relays (R7), even if the recorded reports formed one until a later report broke it.

    Raises:
        InvalidQuery: The outlet is unknown.
    """
    rows = _select_reports(session, filters, now=now)
    for report, external_id, slug, cited_slug in session.execute(rows, execution_options=STREAMED):
        yield {
            "type": "report",
            "claim": claim_reference(report.claim_id, external_id),
            "outlet": slug,
            "stance": report.stance,
            "stance_source": report.stance_source,
            "commitment": report.commitment,
            "lexicon": report.lexicon,
            "probability": report.probability,
            "published_at": format_instant(report.published_at),
            "published_precision": report.published_precision,
            "url": report.url,
            "quote": report.quote,
            "relays": {"outlet": cited_slug, "cited_as": report.cited_as} if report.is_relay else None,
            "recorded_at": format_instant(report.recorded_at),
        }


def flat_report_lines(session: Session, *, now: dt.datetime, **filters: Unpack[ReportFilters]) -> Iterator[Line]:
    """Yield reports as flat lines, each with its claim and outcome.

    Raises:
        InvalidQuery: The outlet is unknown.
    """
    filer = aliased(Outlet)
    reports = _select_reports(session, filters, now=now)
    rows = (
        reports.with_only_columns(Report, Claim, filer.name, Resolution)
        .join(filer, filer.id == Report.outlet_id)
        .outerjoin(Resolution, sa.and_(Resolution.claim_id == Claim.id, Resolution.verdict.is_not(None), is_newest()))
    )
    for report, claim, name, resolution in session.execute(rows, execution_options=STREAMED):
        yield {
            "outlet": name,
            "claim_id": claim_reference(claim.id, claim.external_id),
            "claim": claim.text,
            "topic": claim.topic,
            "stance": report.stance,
            "published_at": _as_given(report.published_at, report.published_precision),
            "url": report.url,
            "probability": report.probability,
            "commitment": report.commitment,
            "outcome": None if resolution is None else _outcome(resolution),
            "resolved_at": None if resolution is None else _as_given(resolution.known_at, resolution.known_precision),
        }


def resolution_lines(
    session: Session, *, since: dt.datetime | None = None, now: dt.datetime, **filters: Unpack[ClaimFilters]
) -> Iterator[Line]:
    """Yield the resolutions in effect, sorted by claim.

    Raises:
        InvalidQuery: The outlet is unknown.
    """
    rows = (
        sa.select(Resolution, Claim.external_id)
        .join(Claim, Claim.id == Resolution.claim_id)
        .where(Resolution.verdict.is_not(None), is_newest(), *claim_conditions(session, filters, now=now))
        .order_by(Resolution.claim_id)
    )
    if since is not None:
        rows = rows.where(Resolution.recorded_at >= since)
    for resolution, external_id in session.execute(rows, execution_options=STREAMED):
        yield {
            "type": "resolution",
            "claim": claim_reference(resolution.claim_id, external_id),
            "verdict": resolution.verdict,
            "truth": resolution.truth if resolution.verdict is Verdict.PARTIAL else None,
            "known_at": format_instant(resolution.known_at),
            "known_precision": resolution.known_precision,
            "evidence": resolution.evidence,
            "note": resolution.note,
        }


def claim_reference(claim_id: UUID, external_id: str | None) -> str:
    """Return the id of a claim in exported lines: its external id, or else its own id."""
    return str(claim_id) if external_id is None else external_id


def _select_outlets(session: Session) -> sa.Select[Outlet]:
    parent, survives = aliased(Outlet), Outlet.merged_into_id.is_(None)
    top = sa.select(Outlet.id, sa.literal(0).label("depth")).where(Outlet.parent_id.is_(None), survives)
    above = top.cte(recursive=True)
    below = sa.select(Outlet.id, above.c.depth + 1).join(parent, parent.id == Outlet.parent_id).where(survives)
    under = above.union_all(below.join(above, above.c.id == counts_as(parent)))
    rows = sa.select(Outlet).outerjoin(under, under.c.id == Outlet.id)
    return rows.order_by(survives.desc(), under.c.depth, by_bytes(session, Outlet.slug))


def _select_reports(
    session: Session, filters: ReportFilters, *, now: dt.datetime
) -> sa.Select[Report, str | None, str, str]:
    """Select the reports, with the external ids of the claims and the slugs of the reporting and cited outlets."""
    filer, cited = aliased(Outlet), aliased(Outlet)
    on = ClaimFilters(topic=filters.get("topic"), kind=filters.get("kind"))
    rows = (
        sa.select(Report, Claim.external_id, filer.slug, cited.slug.label("cited"))
        .join(Claim, Claim.id == Report.claim_id)
        .join(filer, filer.id == Report.outlet_id)
        .join(Outlet, Outlet.id == counts_as(filer))
        .outerjoin(cited, cited.id == Report.cited_id)
        .where(_is_in_effect(Report), *claim_conditions(session, on, now=now))
    )
    if (outlet := filters.get("outlet")) is not None:
        rows = rows.where(Report.outlet_id.in_(merged_with(filtering_outlet(session, outlet, "outlet"))))
    if (since := filters.get("since")) is not None:
        rows = rows.where(sa.or_(Report.recorded_at >= since, Report.corrected_at >= since))
    own_first = sa.case((_has_own_report(), 0), else_=1)
    order = own_first, by_bytes(session, Outlet.slug), Report.published_at, Report.recorded_at, Report.id
    return rows.order_by(Report.claim_id, *order)


def _has_own_report() -> sa.ColumnElement[bool]:
    """Return the condition that the outlet has a report on the claim that is not a relay."""
    own, filer, cited = aliased(Report), aliased(Outlet), aliased(Outlet)
    relays = own.is_relay & sa.or_(own.cited_id.is_(None), counts_as(cited) != counts_as(filer))
    reports = sa.select(own.id).join(filer, filer.id == own.outlet_id).outerjoin(cited, cited.id == own.cited_id)
    return reports.where(
        own.claim_id == Report.claim_id, counts_as(filer) == Outlet.id, ~relays, _is_in_effect(own)
    ).exists()


def _is_in_effect(report: type[Report]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(Withdrawal.report_id == report.id)


def is_changed(model: type[Outlet | Claim], since: dt.datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a row was recorded or changed since an instant."""
    changed = sa.select(Version.subject_id).where(Version.recorded_at >= since)
    return sa.or_(model.recorded_at >= since, model.id.in_(changed))


def _as_given(moment: dt.datetime, precision: Precision) -> str:
    return str(moment.date()) if precision is Precision.DAY else format_instant(moment)


def _outcome(resolution: Resolution) -> object:
    return resolution.truth if resolution.verdict is Verdict.PARTIAL else resolution.verdict
