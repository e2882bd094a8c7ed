"""Read the claims that forecast models are trained on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from service.claims.forecast_input import as_reports, read_openings
from service.methods.forecast import ForecastClaim, Known, Open, Resolved
from service.outlets.positions import ReportedClaim, read_claims
from service.values.vocabulary import ClaimKind


def read_known(session: Session, *, now: dt.datetime) -> Iterator[Known]:
    """Yield all claims that forecast models are trained on.

    A claim that was resolved before its due date is treated as open until that date.
    """
    openings = read_openings(session, None)
    for reported in read_claims(session):
        known = _known(reported, openings.get(reported.group or "", ()), now=now)
        if known is not None:
            yield known


def _known(reported: ReportedClaim, opened: Sequence[dt.datetime], *, now: dt.datetime) -> Known | None:
    facts, known_at = reported.facts, reported.facts.known_at
    if facts.kind is ClaimKind.OPINION:
        return None
    key = reported.external_id or str(reported.id)
    claim = ForecastClaim(key, facts.kind, facts.topic, group=reported.group, resolves_by=facts.resolves_by)
    is_due = not facts.is_early or facts.resolves_by is None or facts.resolves_by <= now
    if facts.truth is not None and known_at is not None and is_due:
        in_time = [report for report in reported.reports if not report.is_after(known_at)]
        return Resolved(claim, as_reports(in_time, opened), facts.truth, known_at)
    if reported.group is None or (facts.verdict is not None and facts.truth is None):
        return None
    return Open(claim, as_reports(reported.reports, opened))
