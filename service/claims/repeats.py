"""Compare claims and reports that are sent again with the recorded ones (R4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from service.errors import FieldError, ReportDiffers
from service.storage.facts import OnRecord
from service.storage.models import Claim, Report
from service.storage.versions import is_same, matches_earlier_version

CHANGEABLE = ("text", "topic", "tags", "group", "resolves_by")
"""The members of a claim that PATCH accepts."""


def differences(session: Session, known: Claim, given: Mapping[str, object]) -> list[FieldError]:
    """Return errors for the sent members that differ from a claim; none if an earlier version has them.

    Differences in the typing of the text, such as the kind of apostrophe or space, are ignored (R21a).
    """
    errors = [
        FieldError(pointer=f"/{member}", detail="Differs from the recorded claim.", code="differs")
        for member, value in given.items()
        if not is_same(member, getattr(known, member), value) and not _is_redacted(known, member)
    ]
    sent = {name: value for name, value in given.items() if name in CHANGEABLE}
    corrected = all(error["pointer"][1:] in CHANGEABLE for error in errors)
    return [] if errors and corrected and matches_earlier_version(session, known.id, sent) else errors


def _is_redacted(claim: Claim, member: str) -> bool:
    """Return whether a member was redacted, so that sending it again neither differs nor restores it."""
    return any(note["member"] == member for note in claim.redacted or ())


def report_differs(report: Report, members: Iterable[str]) -> ReportDiffers:
    """Return the error for a report that repeats another one but differs from it in some members.

    The other report is recorded, or comes before it in the same request.
    """
    name = "report before it in this request" if report.claim_id is None else f"report {report.id}"
    detail = f"The {name} has the same outlet, stance, time, url and source, but a different value here."
    errors = [FieldError(pointer=f"/{member}", detail=detail, code="differs") for member in members]
    return ReportDiffers("The report differs from the one that it repeats.", errors=errors)


def differing_members(given: Mapping[str, object], version: OnRecord) -> list[str]:
    """Return the names of the sent members that differ from a report. Redacted members are ignored."""
    sent = {"probability": given["probability"], "commitment": given["commitment"], "quote": given["quote"]}
    redacted = {note["member"] for note in version.report.redacted or ()}
    return [
        name
        for name, value in sent.items()
        if value is not None and value != version.member(name) and name not in redacted
    ]
