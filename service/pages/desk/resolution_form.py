"""The form that resolves a claim, or corrects or withdraws its resolution."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict, cast
from uuid import UUID

from service.claims.queue import QueuedClaim
from service.claims.resolve import NewResolution, check_resolution
from service.claims.views import ClaimView, ListedClaim, ReportView, ResolutionView
from service.errors import FieldError, InvalidBody
from service.pages.desk.forms import Form, instant_of, percent_of, text_of
from service.schemas.loading import load
from service.schemas.resolutions import ResolutionIn
from service.values.instants import end_of_day, format_instant, parse_date_or_instant
from service.values.vocabulary import Precision, Verdict

WITHDRAW = "withdraw"
"""The value of a form for the null of the API. A form without a verdict is not a withdrawal."""

_LINKS = 8
"""The number of addresses that a form suggests as evidence."""
_NOT_ASKED = frozenset({Verdict.VOID, Verdict.UNVERIFIABLE})
"""The verdicts for which today is the usual `known_at`: nothing became public."""


class ResolutionBody(TypedDict):
    """The request body of a resolution."""

    evidence: list[str]
    verdict: NotRequired[str | None]
    truth: NotRequired[float | str]
    known_at: NotRequired[str]
    note: NotRequired[str]
    supersedes: NotRequired[str]


@dataclass(frozen=True, slots=True)
class LateReports:
    """The reports that do not count if the answer became public at a moment (R6)."""

    day: str
    """The moment, as the form writes it."""
    late: int
    reports: int
    """The number of reports that take a side."""


@dataclass(frozen=True, slots=True)
class ResolutionForm:
    """The form for the verdict on a claim, filled in."""

    claim: QueuedClaim | ClaimView
    verdict: str
    truth: str
    known_at: str
    evidence: str
    note: str
    due: str
    """The due date, if it has passed: the usual `known_at` of the verdict false. Else an empty text."""
    dates: dict[str, str]
    """Dates that the form suggests, the latest first, with their meanings."""
    late: LateReports | None
    """The reports after `known_at`, or after the due date if `known_at` is empty."""
    published: list[str]
    """The moments at which reports that take a side were published."""
    links: list[str]
    """The addresses of the reports, as suggestions for the evidence."""
    ticked: list[str]
    """The suggestions that are part of the evidence."""


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
    """Return the form for a claim: with what was sent, else with the resolution in effect, else empty."""
    fields = sent or _fields_of(claim.resolution)
    known_at, due = fields.get("known_at", ""), _due_text(claim, now=now)
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
    """Return how many of the reports that take a side do not count; None if the moment cannot be read."""
    try:
        moment = end_of_day(parse_date_or_instant(instant_of(known_at)), now=now)
    except ValueError:
        return None
    return LateReports(known_at, sum(report.published_at >= moment for report in sided), len(sided))


def read_resolution(form: Form, claim: ListedClaim, *, now: dt.datetime) -> NewResolution:
    """Return the resolution in a form.

    Without a date, a correction keeps the date of the resolution in effect, false has the due date, and void and
    unverifiable have today's.

    Raises:
        InvalidBody: A field is invalid or missing; `errors` names all places that can be known.
    """
    body = _body(form)
    missing: list[FieldError] = []
    if "known_at" not in body and claim.resolution is None and body.get("verdict"):
        if usual := usual_date(claim, body.get("verdict"), now=now):
            body["known_at"] = usual
        else:
            detail = "Enter the date on which the answer became public."
            missing.append(FieldError(pointer="/known_at", detail=detail, code="required"))
    try:
        given = cast("NewResolution", load(ResolutionIn(), body))
        check_resolution(given, now=now)
    except InvalidBody as exc:
        exc.errors += missing
        raise
    if missing:
        raise InvalidBody(missing[0]["detail"], errors=missing)
    return given


def usual_date(claim: ListedClaim, verdict: str | None, *, now: dt.datetime) -> str:
    """Return the usual `known_at` of a verdict; an empty text if the editor has to enter it."""
    if verdict == Verdict.FALSE:
        return instant_of(_due_text(claim, now=now))
    return now.date().isoformat() if verdict in _NOT_ASKED else ""


def undo_form(resolutions: Sequence[ResolutionView]) -> UndoForm | None:
    """Return the form that repeats the resolution before the newest, or withdraws the newest; None after that."""
    if not resolutions or resolutions[-1].verdict is None:
        return None
    newest = resolutions[-1]
    previous = resolutions[-2] if len(resolutions) > 1 else None
    if previous is None or previous.verdict is None:
        return UndoForm(WITHDRAW, newest.id, "Undone at the desk.")
    is_same = (previous.known_at, previous.known_precision) == (newest.known_at, newest.known_precision)
    known_at = None if is_same else moment_text(previous.known_at, previous.known_precision)
    return UndoForm(previous.verdict, newest.id, previous.note, previous.truth, known_at, previous.evidence)


def moment_text(moment: dt.datetime, precision: Precision) -> str:
    """Return a moment as a form writes it: a date, or a time in UTC.

    >>> moment_text(dt.datetime(2026, 9, 1, 12, 30, tzinfo=dt.UTC), Precision.INSTANT)
    '2026-09-01 12:30'
    """
    if precision is Precision.DAY:
        return moment.date().isoformat()
    return format_instant(moment).replace("T", " ").removesuffix("Z").removesuffix(":00")


def _body(form: Form) -> ResolutionBody:
    addresses = dict.fromkeys(address for text in form.getlist("evidence") for address in text.split())
    body = ResolutionBody(evidence=list(addresses))
    if verdict := text_of(form, "verdict"):
        body["verdict"] = None if verdict == WITHDRAW else verdict
    if truth := text_of(form, "truth"):
        body["truth"] = percent_of(truth)
    if known_at := text_of(form, "known_at"):
        body["known_at"] = instant_of(known_at)
    if note := text_of(form, "note"):
        body["note"] = note
    if supersedes := text_of(form, "supersedes"):
        body["supersedes"] = supersedes
    return body


def _fields_of(resolution: ResolutionView | None) -> Form:
    """Return the fields of the form that repeats a resolution."""
    if resolution is None or resolution.verdict is None:
        return Form()
    fields = {
        "verdict": str(resolution.verdict),
        "truth": "" if resolution.truth is None else f"{100 * resolution.truth:.12g}",
        "known_at": moment_text(resolution.known_at, resolution.known_precision),
        "note": resolution.note or "",
    }
    return Form([*fields.items(), *(("evidence", address) for address in resolution.evidence)])


def _due_text(claim: ListedClaim, *, now: dt.datetime) -> str:
    """Return the due date of a claim as the form writes it; an empty text if it has none, or it has not passed."""
    due = claim.resolves_by
    if due is None or due > now:
        return ""
    return moment_text(due, Precision.DAY if due == end_of_day(due.date()) else Precision.INSTANT)


def _dates(sided: Sequence[ReportView], due: str, *, now: dt.datetime) -> dict[str, str]:
    dates = {now.date().isoformat(): "today"}
    if sided:
        dates[max(report.published_at for report in sided).date().isoformat()] = "last report"
    if due:
        dates[due] = "due date"
    return dict(sorted(dates.items(), reverse=True))


def _links(reports: Iterable[ReportView]) -> list[str]:
    """Return the addresses of reports, the latest first."""
    latest = sorted(reports, key=lambda report: report.published_at, reverse=True)
    return list(dict.fromkeys(one.url for one in latest if one.url and one.withdrawn is None))[:_LINKS]
