"""What people write into the forms of the desk, made into what the API is sent, so that the same rules meet it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from werkzeug.datastructures import MultiDict

from service.claims.describe import ResolutionView
from service.claims.record import NewClaim
from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution
from service.pages.fields import DAY
from service.schemas.claims import ClaimIn
from service.schemas.loading import load
from service.schemas.reports import ReportIn
from service.schemas.resolutions import ResolutionIn

WITHDRAW = "withdraw"
"""Stands in a form where the API takes null: a verdict that was left out is no withdrawal."""

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)

Form = MultiDict[str, str]


def read_resolution(form: Form) -> NewResolution:
    """A resolution from its form.

    Raises:
        InvalidBody: A field cannot be used.
    """
    given = _filled(form, "verdict", "note", "supersedes")
    given |= {"verdict": None} if given.get("verdict") == WITHDRAW else {}
    given |= {"truth": percent_of(form["truth"])} if form.get("truth", "").strip() else {}
    given |= {"known_at": moment_of(form["known_at"])} if form.get("known_at", "").strip() else {}
    given["evidence"] = [address for text in form.getlist("evidence") for address in text.split()]
    return cast("NewResolution", load(ResolutionIn(), given))


def read_report(form: Form) -> NewReport:
    """A report from its form.

    Raises:
        InvalidBody: A field cannot be used.
    """
    return cast("NewReport", load(ReportIn(), _report(form)))


def read_claim(form: Form) -> tuple[NewClaim, list[NewReport]]:
    """A claim and the report that it is recorded with.

    Raises:
        InvalidBody: A field cannot be used.
    """
    given: dict[str, Any] = _filled(form, "text", "kind", "topic", "group", "external_id")
    given |= {"resolves_by": moment_of(form["resolves_by"])} if form.get("resolves_by", "").strip() else {}
    claim = load(ClaimIn(), given | {"reports": [_report(form)]})
    reports = claim.pop("reports")
    return cast("NewClaim", claim), reports


@dataclass(frozen=True, slots=True)
class UndoForm:
    """The fields of the form that undoes the newest resolution of a claim."""

    verdict: str
    supersedes: UUID
    note: str | None
    truth: float | None = None
    known_at: dt.datetime | None = None
    evidence: Sequence[str] = ()


def undoing(resolutions: Sequence[ResolutionView]) -> UndoForm:
    """Return the form that repeats the resolution before the newest, or withdraws the newest."""
    newest = resolutions[-1]
    before = resolutions[-2] if len(resolutions) > 1 else None
    if before is None or before.verdict is None:
        return UndoForm(WITHDRAW, newest.id, "Undone at the desk.")
    return UndoForm(before.verdict, newest.id, before.note, before.truth, before.known_at, before.evidence)


def moment_of(text: str) -> str:
    """A moment as the API takes it, from a day, a minute or a second in UTC.

    >>> moment_of("2024-03-29"), moment_of("2024-03-29T12:30"), moment_of("2024-03-29T12:30:15"), moment_of("soon")
    ('2024-03-29T00:00:00Z', '2024-03-29T12:30:00Z', '2024-03-29T12:30:15Z', 'soon')
    """
    text = text.strip()
    if DAY.fullmatch(text):
        return f"{text}T00:00:00Z"
    if found := _MOMENT.fullmatch(text):
        return f"{text}Z" if found[1] else f"{text}:00Z"
    return text


def percent_of(text: str) -> float | str:
    """A share from whole per cent; what is no number stays as it is, and is refused as such.

    >>> percent_of("60"), percent_of("60 %"), percent_of("most")
    (0.6, 0.6, 'most')
    """
    with suppress(ValueError):
        return float(text.strip().removesuffix("%")) / 100
    return text


def as_id(text: str) -> UUID | None:
    """The id that stands in a form, if it is one."""
    with suppress(ValueError):
        return UUID(text)
    return None


def _report(form: Form) -> dict[str, Any]:
    given: dict[str, Any] = _filled(form, "outlet", "stance", "url", "quote")
    if named := _filled(form, "name", "domain"):
        given["outlet"] = named
    if level := form.get("commitment", "").strip():
        given["commitment"] = int(level) if level.isascii() and level.isdigit() else level
    given |= {"probability": percent_of(form["probability"])} if form.get("probability", "").strip() else {}
    given |= {"published_at": moment_of(form["published_at"])} if form.get("published_at", "").strip() else {}
    cited = _filled(form, "cited", "cited_as")
    if form.get("relays") or cited:  # who says whom it is from says that it is from somebody
        given["relays"] = {"outlet": cited.get("cited"), "cited_as": cited.get("cited_as")}
    return given


def _filled(form: Form, *names: str) -> dict[str, Any]:
    """The fields that have something in them; one left blank counts as left out."""
    return {name: form[name].strip() for name in names if form.get(name, "").strip()}
