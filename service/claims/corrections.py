"""Compute the content of a report after a correction (R6b)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypedDict

from service.claims.report_rules import commitment_of, stance_errors, stance_of
from service.errors import FieldError, InvalidBody
from service.storage.models import Report
from service.values.vocabulary import Stance, StanceSource


class ReportChanges(TypedDict, total=False):
    """The members of a report to change, with their new values."""

    stance: Stance | None
    """The new stance; None for the one that the probability implies."""
    probability: float | None
    commitment: int | None
    """The new commitment; None to read it from the quote."""
    quote: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class ReportContent:
    """The changeable members of a report, as stored in its earlier versions."""

    stance: Stance
    stance_source: StanceSource
    probability: float | None
    commitment: int | None
    lexicon: str | None
    quote: str | None
    url: str | None
    fingerprint: str


def content_of(report: Report) -> ReportContent:
    """Return the changeable members of a report, to be compared or stored as an earlier version."""
    return ReportContent(**{member.name: getattr(report, member.name) for member in fields(ReportContent)})


def corrected_content(report: Report, changes: ReportChanges) -> ReportContent:
    """Return the content of a report after changes, still with its old fingerprint."""
    stance, source = _stance_after(report, changes)
    commitment, lexicon = _commitment_after(report, changes)
    return ReportContent(
        stance=stance,
        stance_source=source,
        probability=changes.get("probability", report.probability),
        commitment=commitment,
        lexicon=lexicon,
        quote=changes.get("quote", report.quote),
        url=changes.get("url", report.url),
        fingerprint=report.fingerprint,
    )


def _stance_after(report: Report, changes: ReportChanges) -> tuple[Stance, StanceSource]:
    """Return the stance of a report after changes, and its source.

    A stance that was derived from the probability is derived again (R6b).

    Raises:
        InvalidBody: The stance contradicts the probability, or neither of them would remain.
    """
    probability = changes.get("probability", report.probability)
    kept = report.stance if report.stance_source is StanceSource.STATED else None
    stated = changes.get("stance", kept)
    errors = list(stance_errors(stated, probability))
    if stated is None and probability is None:
        detail = "A stance cannot be derived without a probability. Send a stance."
        errors.append(FieldError(pointer="/stance", detail=detail, code="required"))
    if errors:
        # Point to a member of the request; the other one is already recorded.
        sent = [name for name in ("stance", "probability") if name in changes]
        errors = [error if error["pointer"][1:] in sent else {**error, "pointer": f"/{sent[0]}"} for error in errors]
        raise InvalidBody(
            "The stance and the probability would contradict each other, so nothing was changed. Correct the "
            "members listed in `errors`.",
            errors=errors,
        )
    return stance_of(stated, probability)


def _commitment_after(report: Report, changes: ReportChanges) -> tuple[int | None, str | None]:
    """Return the commitment of a report after changes, and the lexicon version used to read it.

    A stated commitment is kept unless it is changed. Any other is read again if the quote changes.
    """
    if not {"commitment", "quote"} & changes.keys():
        return report.commitment, report.lexicon
    kept = report.commitment if report.lexicon is None else None
    return commitment_of(changes.get("commitment", kept), changes.get("quote", report.quote))
