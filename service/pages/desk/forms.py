"""Convert forms of the desk to request bodies of the API, so the same schemas validate both."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TypedDict, cast
from uuid import UUID

from werkzeug.datastructures import MultiDict

from service.claims.record import NewClaim
from service.claims.report_rules import NewReport
from service.schemas.claims import ClaimIn
from service.schemas.loading import load
from service.schemas.reports import ReportIn

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)

Form = MultiDict[str, str]


class RelayBody(TypedDict):
    """The source that a report relays, in the request body of the report."""

    outlet: str | None
    cited_as: str | None


class ReportBody(TypedDict, total=False):
    """The request body for a report, as the API accepts it."""

    outlet: str | dict[str, str]
    stance: str
    url: str
    quote: str
    commitment: int | str
    probability: float | str
    published_at: str
    relays: RelayBody


class ClaimBody(TypedDict, total=False):
    """The request body for a claim with its reports, as the API accepts it."""

    text: str
    kind: str
    topic: str
    group: str
    external_id: str
    resolves_by: str
    reports: list[ReportBody]


def read_report(form: Form) -> NewReport:
    """Validate and return the report that an editor entered in a form.

    Raises:
        InvalidBody: A field is invalid.
    """
    return cast("NewReport", load(ReportIn(), _report_body(form)))


def read_claim(form: Form) -> tuple[NewClaim, list[NewReport]]:
    """Validate and return the claim that an editor entered in a form, with its report.

    Raises:
        InvalidBody: A field is invalid.
    """
    body = cast("ClaimBody", _filled(form, "text", "kind", "topic", "group", "external_id"))
    if resolves_by := text_of(form, "resolves_by"):
        body["resolves_by"] = instant_of(resolves_by)
    body["reports"] = [_report_body(form)]
    claim = load(ClaimIn(), body)
    reports = claim.pop("reports")
    return cast("NewClaim", claim), reports


def instant_of(text: str) -> str:
    """Convert a UTC time in a form to the API's format; return any other text unchanged.

    >>> instant_of("2024-03-29"), instant_of("2024-03-29T12:30"), instant_of("2024-03-29 12:30:15"), instant_of("soon")
    ('2024-03-29', '2024-03-29T12:30:00Z', '2024-03-29 12:30:15Z', 'soon')
    """
    text = text.strip()
    if found := _INSTANT.fullmatch(text):
        return f"{text}Z" if found[1] else f"{text}:00Z"
    return text


def percent_of(text: str) -> float | str:
    """Convert a percentage to a fraction; return other text unchanged, so that the schema rejects it.

    >>> percent_of("60"), percent_of("60 %"), percent_of("most")
    (0.6, 0.6, 'most')
    """
    with suppress(ValueError):
        return float(text.strip().removesuffix("%")) / 100
    return text


def as_id(text: str) -> UUID | None:
    """Parse an id; return None if the text is not one."""
    with suppress(ValueError):
        return UUID(text)
    return None


def text_of(form: Form, name: str) -> str | None:
    """Return a form field without surrounding spaces; None if it is blank or missing."""
    return form.get(name, "").strip() or None


def _report_body(form: Form) -> ReportBody:
    body = cast("ReportBody", _filled(form, "outlet", "stance", "url", "quote"))
    if text_of(form, "name"):  # the domain is filled in from the URL, even if no outlet name was entered
        body["outlet"] = _filled(form, "name", "domain")
    if commitment := text_of(form, "commitment"):
        body["commitment"] = int(commitment) if commitment.isascii() and commitment.isdigit() else commitment
    if probability := text_of(form, "probability"):
        body["probability"] = percent_of(probability)
    if published_at := text_of(form, "published_at"):
        body["published_at"] = instant_of(published_at)
    relay = RelayBody(outlet=text_of(form, "cited"), cited_as=text_of(form, "cited_as"))
    if form.get("relays") or any(relay.values()):  # a report with a source is a relay, even if the box is not ticked
        body["relays"] = relay
    return body


def _filled(form: Form, *names: str) -> dict[str, str]:
    """Return the named fields of a form that are not blank, by name."""
    return {name: text for name in names if (text := text_of(form, name))}
