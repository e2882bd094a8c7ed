"""Resolutions in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length, OneOf

from service.schemas import shown
from service.schemas.fields import Answer, Body, Number, Text, WebAddress, one_of
from service.schemas.moments import known_moment
from service.schemas.redacted import redacted
from service.values.vocabulary import Precision, Verdict

KNOWN_PRECISION = (
    "The precision of `known_at` as sent. A date is shown as the end of its day, or as the time of the "
    "request if sent on that day."
)


class ResolutionIn(Body):
    """The verdict on a claim, with the evidence for it."""

    verdict = one_of(
        Verdict,
        "The verdict on the claim; null withdraws the resolution in effect and reopens the claim.",
        required=True,
        allow_none=True,
    )
    truth = Number(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The part of the claim that proved true, above 0 and below 1. "
            "Required with the verdict `partial`, and not allowed with any other."
        },
    )
    known_at = known_moment(
        "When the answer became public; not in the future. The default is the `known_at` of the superseded "
        "resolution, or else now. Reports published at or after this moment are not scored.",
        load_default=None,
        allow_none=True,
    )
    evidence = ma.fields.List(
        WebAddress(),
        load_default=list,
        validate=Length(max=20),
        metadata={
            "description": "The addresses of pages with the evidence. The verdicts `true`, `false` and `partial` "
            "need at least one address, or a `note`."
        },
    )
    note = Text(5000, load_default=None, allow_none=True, metadata={"description": "A description of the evidence."})
    supersedes = ma.fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The id of the newest resolution of the claim. Required if a resolution is in effect. A "
            "new verdict supersedes a withdrawal even without it."
        },
    )


class ResolutionOut(Answer):
    """A resolution: the established truth of a claim, with evidence."""

    id = shown.identifier("The resolution's id.")
    claim = shown.identifier("The id of the claim.")
    verdict = shown.choice(
        Verdict, "The verdict on the claim; null if the previous resolution is withdrawn.", allow_none=True
    )
    truth = shown.share(
        "The part of the claim that proved true; null unless the verdict is `partial`.",
        allow_none=True,
    )
    known_at = shown.instant("When the answer became public.")
    known_precision = shown.choice(Precision, KNOWN_PRECISION)
    evidence = shown.texts("The addresses of pages with the evidence.")
    note = shown.text("A description of the evidence; null if not given.", allow_none=True)
    supersedes = shown.identifier(
        "The id of the resolution that this one replaces; null for the first.", allow_none=True
    )
    recorded_at = shown.recorded_at()
    redacted = redacted()


class WarningOut(Answer):
    """A warning that a recorded resolution may be a mistake."""

    code = shown.text(
        "`known-before-reports`: every report of the claim was published at or after `known_at`, so none counts.",
        validate=OneOf(["known-before-reports"]),
    )
    detail = shown.text("The reason for the warning, and the remedy.")


class RecordedResolutionOut(ResolutionOut):
    """A new resolution, with warnings about it."""

    warnings = ma.fields.List(
        ma.fields.Nested(WarningOut),
        metadata={"description": "Warnings that the resolution may be a mistake. Left out if there are none."},
    )


ResolutionPage = shown.page_of("ResolutionPage", ResolutionOut, "resolutions")
