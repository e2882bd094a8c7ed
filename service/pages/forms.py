"""Converts the forms of the desk into request bodies of the API, so that the same schemas validate them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypedDict, cast
from uuid import UUID

from werkzeug.datastructures import MultiDict

from service.claims.record import NewClaim
from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution
from service.claims.views import ResolutionView
from service.schemas.claims import ClaimIn
from service.schemas.loading import load
from service.schemas.reports import ReportIn
from service.schemas.resolutions import ResolutionIn
from service.values.instants import format_instant
from service.values.vocabulary import Precision

WITHDRAW = "withdraw"
"""The value of a form for the null of the API. A form without a verdict is not a withdrawal."""

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)

Form = MultiDict[str, str]


class ResolutionBody(TypedDict, total=False):
    """The request body of a resolution."""

    verdict: str | None
    truth: float | str
    known_at: str
    evidence: list[str]
    note: str
    supersedes: str


class RelayBody(TypedDict):
    """The source of a report in its request body."""

    outlet: str | None
    cited_as: str | None


class ReportBody(TypedDict, total=False):
    """The request body of a report."""

    outlet: str | dict[str, str]
    stance: str
    url: str
    quote: str
    commitment: int | str
    probability: float | str
    published_at: str
    relays: RelayBody


class ClaimBody(TypedDict, total=False):
    """The request body of a claim."""

    text: str
    kind: str
    topic: str
    group: str
    external_id: str
    resolves_by: str
    reports: list[ReportBody]


def read_resolution(form: Form) -> NewResolution:
    """Return the resolution in a form.

    Raises:
        InvalidBody: A field is invalid.
    """
    body = ResolutionBody(evidence=[address for text in form.getlist("evidence") for address in text.split()])
    if verdict := _text(form, "verdict"):
        body["verdict"] = None if verdict == WITHDRAW else verdict
    if truth := _text(form, "truth"):
        body["truth"] = percent_of(truth)
    if known_at := _text(form, "known_at"):
        body["known_at"] = instant_of(known_at)
    if note := _text(form, "note"):
        body["note"] = note
    if supersedes := _text(form, "supersedes"):
        body["supersedes"] = supersedes
    return cast("NewResolution", load(ResolutionIn(), body))


def read_report(form: Form) -> NewReport:
    """Return the report in a form.

    Raises:
        InvalidBody: A field is invalid.
    """
    return cast("NewReport", load(ReportIn(), _report_body(form)))


def read_claim(form: Form) -> tuple[NewClaim, list[NewReport]]:
    """Return the claim in a form, and the report that it is recorded with.

    Raises:
        InvalidBody: A field is invalid.
    """
    body = cast("ClaimBody", _filled(form, "text", "kind", "topic", "group", "external_id"))
    if resolves_by := _text(form, "resolves_by"):
        body["resolves_by"] = instant_of(resolves_by)
    body["reports"] = [_report_body(form)]
    claim = load(ClaimIn(), body)
    reports = claim.pop("reports")
    return cast("NewClaim", claim), reports


@dataclass(frozen=True, slots=True)
class UndoForm:
    """The fields of the form that undoes the newest resolution of a claim."""

    verdict: str
    supersedes: UUID
    note: str | None
    truth: float | None = None
    known_at: str | None = None
    evidence: Sequence[str] = ()


def undo_form(resolutions: Sequence[ResolutionView]) -> UndoForm:
    """Return the form that repeats the resolution before the newest, or withdraws the newest."""
    newest = resolutions[-1]
    previous = resolutions[-2] if len(resolutions) > 1 else None
    if previous is None or previous.verdict is None:
        return UndoForm(WITHDRAW, newest.id, "Undone at the desk.")
    known_at = _known_at(previous, newest)
    return UndoForm(previous.verdict, newest.id, previous.note, previous.truth, known_at, previous.evidence)


def _known_at(previous: ResolutionView, newest: ResolutionView) -> str | None:
    """Return the `known_at` that repeats a resolution, or None if the newest one has the same."""
    given = previous.known_at, previous.known_precision
    if given == (newest.known_at, newest.known_precision):
        return None
    is_date = previous.known_precision is Precision.DAY
    return previous.known_at.date().isoformat() if is_date else format_instant(previous.known_at)


def instant_of(text: str) -> str:
    """Convert a minute or a second in UTC to an instant of the API; other text is returned unchanged.

    >>> instant_of("2024-03-29"), instant_of("2024-03-29T12:30"), instant_of("2024-03-29T12:30:15"), instant_of("soon")
    ('2024-03-29', '2024-03-29T12:30:00Z', '2024-03-29T12:30:15Z', 'soon')
    """
    text = text.strip()
    if found := _INSTANT.fullmatch(text):
        return f"{text}Z" if found[1] else f"{text}:00Z"
    return text


def percent_of(text: str) -> float | str:
    """Convert a percentage to a share; other text is returned unchanged, and rejected by the schema.

    >>> percent_of("60"), percent_of("60 %"), percent_of("most")
    (0.6, 0.6, 'most')
    """
    with suppress(ValueError):
        return float(text.strip().removesuffix("%")) / 100
    return text


def as_id(text: str) -> UUID | None:
    """Return the id in a field, or None if the field holds no id."""
    with suppress(ValueError):
        return UUID(text)
    return None


def _report_body(form: Form) -> ReportBody:
    body = cast("ReportBody", _filled(form, "outlet", "stance", "url", "quote"))
    if named := _filled(form, "name", "domain"):
        body["outlet"] = named
    if commitment := _text(form, "commitment"):
        body["commitment"] = int(commitment) if commitment.isascii() and commitment.isdigit() else commitment
    if probability := _text(form, "probability"):
        body["probability"] = percent_of(probability)
    if published_at := _text(form, "published_at"):
        body["published_at"] = instant_of(published_at)
    relay = RelayBody(outlet=_text(form, "cited"), cited_as=_text(form, "cited_as"))
    if form.get("relays") or any(relay.values()):  # a report with a source is a relay even if the box is not checked
        body["relays"] = relay
    return body


def _text(form: Form, name: str) -> str | None:
    """Return a field without surrounding spaces, or None if it is blank."""
    return form.get(name, "").strip() or None


def _filled(form: Form, *names: str) -> dict[str, str]:
    """Return the fields that are not blank."""
    return {name: text for name in names if (text := _text(form, name))}
