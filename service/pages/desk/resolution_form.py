"""The forms that resolve a claim or correct or undo its resolution, with suggested values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.claims.queue import QueuedClaim
from service.claims.views import ClaimView, ReportView, ResolutionView
from service.pages.desk.forms import Form, instant_of
from service.pages.desk.resolution_body import WITHDRAW, due_text, moment_text
from service.values.instants import end_of_day, format_instant, parse_date_or_instant

_LINKS = 8
"""The largest number of addresses that a form suggests as evidence."""


@dataclass(frozen=True, slots=True)
class LateReports:
    """The number of reports that are too late to count if the answer became public at a moment (R6)."""

    day: str
    """The moment, as entered in the form."""
    late: int
    reports: int
    """The number of reports that take a side, including late ones."""


@dataclass(frozen=True, slots=True)
class ResolutionForm:
    """The values and suggestions of the form for the verdict on a claim."""

    claim: QueuedClaim | ClaimView
    verdict: str
    truth: str
    known_at: str
    evidence: str
    note: str
    due: str
    """The due date, which is the default `known_at` for false; an empty text unless it has passed."""
    dates: dict[str, str]
    """The suggested dates, the latest first, each with a label such as `due date`."""
    late: LateReports | None
    """The number of reports after `known_at` or, if it is empty, after the due date; None without a valid date."""
    published: list[str]
    """The times of publication of the reports that take a side."""
    links: list[str]
    """The addresses of reports, suggested as evidence."""
    ticked: list[str]
    """The suggested addresses that are already in the evidence."""


@dataclass(frozen=True, slots=True)
class UndoForm:
    """The fields of the form that undoes the newest resolution of a claim."""

    verdict: str
    supersedes: UUID
    note: str | None
    truth: float | None = None
    known_at: str | None = None
    evidence: Sequence[str] = ()


def resolution_form(claim: QueuedClaim | ClaimView, sent: Form | None = None, *, now: dt.datetime) -> ResolutionForm:
    """Return the form for a claim, filled with the sent values or else with the current resolution."""
    fields = sent or _fields_of(claim.resolution)
    known_at, due = fields.get("known_at", ""), due_text(claim, now=now)
    evidence = [address for text in fields.getlist("evidence") for address in text.split()]
    sided = [report for report in claim.reports if report.withdrawn is None and report.stance.takes_side]
    links = _links(claim.reports)
    return ResolutionForm(
        claim=claim,
        verdict=fields.get("verdict", ""),
        truth=fields.get("truth", ""),
        known_at=known_at,
        evidence=" ".join(address for address in evidence if address not in links),
        note=fields.get("note", ""),
        due=due,
        dates=_dates(sided, due, now=now),
        late=late_reports(sided, known_at or due, now=now),
        published=sorted(format_instant(report.published_at) for report in sided),
        links=links,
        ticked=[address for address in evidence if address in links],
    )


def late_reports(sided: Sequence[ReportView], known_at: str, *, now: dt.datetime) -> LateReports | None:
    """Return the number of reports that are too late to count; None if `known_at` is invalid."""
    try:
        moment = end_of_day(parse_date_or_instant(instant_of(known_at)), now=now)
    except ValueError:
        return None
    return LateReports(known_at, sum(report.published_at >= moment for report in sided), len(sided))


def undo_form(resolutions: Sequence[ResolutionView]) -> UndoForm | None:
    """Return the form that undoes the newest resolution; None if there is nothing to undo."""
    if not resolutions or resolutions[-1].verdict is None:
        return None
    newest = resolutions[-1]
    previous = resolutions[-2] if len(resolutions) > 1 else None
    if previous is None or previous.verdict is None:
        return UndoForm(WITHDRAW, newest.id, "Undone at the desk.")
    is_same = (previous.known_at, previous.known_precision) == (newest.known_at, newest.known_precision)
    known_at = None if is_same else moment_text(previous.known_at, previous.known_precision)
    return UndoForm(previous.verdict, newest.id, previous.note, previous.truth, known_at, previous.evidence)


def _fields_of(resolution: ResolutionView | None) -> Form:
    """Convert a resolution to form fields; return an empty form if none is in effect."""
    if resolution is None or resolution.verdict is None:
        return Form()
    fields = {
        "verdict": str(resolution.verdict),
        "truth": "" if resolution.truth is None else f"{100 * resolution.truth:.12g}",
        "known_at": moment_text(resolution.known_at, resolution.known_precision),
        "note": resolution.note or "",
    }
    return Form([*fields.items(), *(("evidence", address) for address in resolution.evidence)])


def _dates(sided: Sequence[ReportView], due: str, *, now: dt.datetime) -> dict[str, str]:
    dates = {now.date().isoformat(): "today"}
    if sided:
        dates[max(report.published_at for report in sided).date().isoformat()] = "last report"
    if due:
        dates[due] = "due date"
    return dict(sorted(dates.items(), reverse=True))


def _links(reports: Iterable[ReportView]) -> list[str]:
    """Return the addresses of the latest reports to suggest as evidence, without withdrawn reports."""
    latest = sorted(reports, key=lambda report: report.published_at, reverse=True)
    return list(dict.fromkeys(one.url for one in latest if one.url and one.withdrawn is None))[:_LINKS]
