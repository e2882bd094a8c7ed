"""Parse the resolution in a form, with a default date if the editor entered none."""

from __future__ import annotations

import datetime as dt
from typing import NotRequired, TypedDict, cast

from service.claims.resolve import NewResolution, check_resolution
from service.claims.views import ListedClaim
from service.errors import FieldError, InvalidBody
from service.pages.desk.forms import Form, instant_of, percent_of, text_of
from service.schemas.loading import load
from service.schemas.resolutions import ResolutionIn
from service.values.instants import end_of_day, format_instant
from service.values.vocabulary import Precision, Verdict

WITHDRAW = "withdraw"
"""The value of the field `verdict` that withdraws a resolution. An empty field does not."""


class ResolutionBody(TypedDict):
    """The request body for a resolution, as the API accepts it."""

    evidence: list[str]
    verdict: NotRequired[str | None]
    truth: NotRequired[float | str]
    known_at: NotRequired[str]
    note: NotRequired[str]
    supersedes: NotRequired[str]


def read_resolution(form: Form, claim: ListedClaim, *, now: dt.datetime) -> NewResolution:
    """Validate and return the resolution that an editor entered in a form.

    If the date is empty, a correction keeps the date of the current resolution. Otherwise the verdict false gets the
    due date, and a verdict that is not scored gets today's date.

    Raises:
        InvalidBody: Fields are invalid or missing; `errors` names them.
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
    """Return the default `known_at` for a verdict; an empty text if the editor must enter a date.

    A verdict that is not scored gets today's date, because no answer became public.
    """
    if verdict == Verdict.FALSE:
        return instant_of(due_text(claim, now=now))
    return now.date().isoformat() if verdict in [each for each in Verdict if not each.scores] else ""


def due_text(claim: ListedClaim, *, now: dt.datetime) -> str:
    """Format a claim's due date for a form; return an empty text unless the date has passed."""
    due = claim.resolves_by
    if due is None or due > now:
        return ""
    return moment_text(due, Precision.DAY if due == end_of_day(due.date()) else Precision.INSTANT)


def moment_text(moment: dt.datetime, precision: Precision) -> str:
    """Format a moment for a form, as a date or as a UTC time according to its precision.

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
