"""Export reports as lines, either typed or flat."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.claims.filters import ClaimFilters, claim_conditions
from service.outlets.find import filtering_outlet
from service.storage.models import Claim, Outlet, Report, Resolution, Withdrawal
from service.storage.predicates import by_bytes, counts_as, is_newest, merged_with
from service.transfer.export.lines import STREAMED, Line, claim_reference
from service.values.instants import format_instant
from service.values.vocabulary import ClaimKind, Precision, Verdict

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
    """The kind of claim; only reports on claims of this kind match."""


def report_lines(session: Session, *, now: dt.datetime, **filters: Unpack[ReportFilters]) -> Iterator[Line]:
    """Yield the reports in effect that match all filters, sorted by claim, outlet and publication.

    Within a claim, outlets with a report of their own come before those that only relay. In this order, an import never
    finds a cycle of relays (R7), even if the recorded reports formed one until a later report broke it.

    Raises:
        InvalidQuery: The filter names an unknown outlet.
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
    """Yield the reports in effect that match all filters as flat lines, with their claims and outcomes.

    Raises:
        InvalidQuery: The filter names an unknown outlet.
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


def _select_reports(
    session: Session, filters: ReportFilters, *, now: dt.datetime
) -> sa.Select[Report, str | None, str, str]:
    """Select the reports that match all filters, with the claim's external id and both outlets' slugs."""
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
    """Return the condition that a report's outlet also has a report on the claim that is not a relay."""
    own, filer, cited = aliased(Report), aliased(Outlet), aliased(Outlet)
    relays = own.is_relay & sa.or_(own.cited_id.is_(None), counts_as(cited) != counts_as(filer))
    reports = sa.select(own.id).join(filer, filer.id == own.outlet_id).outerjoin(cited, cited.id == own.cited_id)
    return reports.where(
        own.claim_id == Report.claim_id, counts_as(filer) == Outlet.id, ~relays, _is_in_effect(own)
    ).exists()


def _is_in_effect(report: type[Report]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(Withdrawal.report_id == report.id)


def _as_given(moment: dt.datetime, precision: Precision) -> str:
    return str(moment.date()) if precision is Precision.DAY else format_instant(moment)


def _outcome(resolution: Resolution) -> object:
    return resolution.truth if resolution.verdict is Verdict.PARTIAL else resolution.verdict
