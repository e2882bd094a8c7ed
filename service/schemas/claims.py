"""Claims in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length, OneOf

from service.schemas import shown
from service.schemas.disputes import DisputeOut
from service.schemas.fields import Answer, Body, Text, TopicPath, one_of
from service.schemas.moments import due_moment
from service.schemas.redacted import redacted
from service.schemas.replies import ReplyOut
from service.schemas.reports import ReportIn
from service.schemas.resolutions import ResolutionOut
from service.schemas.shown_reports import ReportOut
from service.values.vocabulary import ClaimKind, ClaimStatus, Verdict

MAX_REPORTS = 100
EXTERNAL_ID_LENGTH = 400  # enough for a claim_id of 200 characters in a file, after the prefix of its feed

_TEXT = {"description": "The proposition in words, specific enough to be checked."}
_TOPIC = {
    "description": "The subject of the claim: a path of 1 to 5 names with 1 to 100 characters each, such as "
    "`football/transfers`. It is stored and returned in lower case, without full-width characters and "
    "surrounding spaces. Scores and lists for a topic include all topics below it."
}
_TAGS = {"description": "Additional keywords, which do not affect scores."}
_DUE = "When the claim is due; required for an event."
_GROUP = {"description": "The name of a group of mutually exclusive claims: at most one of them can be true."}
INDEPENDENT_ROOTS = (
    "The number of independent sources that support or deny the claim. Relays count as the source that "
    "they cite, and outlets with the same topmost parent count as one. Queries, comments, and reports "
    "published after the answer was known do not count."
)
ROOTS = "The numbers of independent sources on each side."


class ClaimIn(Body):
    """A claim to record, with the reports that carry it."""

    text = Text(2000, required=True, metadata=_TEXT)
    kind = one_of(ClaimKind, "The kind of proposition.", load_default=ClaimKind.FACT)
    topic = TopicPath(load_default=None, allow_none=True, metadata=_TOPIC)
    tags = ma.fields.List(Text(50), load_default=list, validate=Length(max=20), metadata=_TAGS)
    resolves_by = due_moment(_DUE, load_default=None, allow_none=True)
    group = Text(200, load_default=None, allow_none=True, metadata=_GROUP)
    external_id = Text(
        EXTERNAL_ID_LENGTH,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Your own id for the claim. Sending the claim with the same id again returns the "
            "recorded claim."
        },
    )
    reports = ma.fields.List(
        ma.fields.Nested(ReportIn),
        required=True,
        validate=Length(1, MAX_REPORTS),
        metadata={"description": "The reports that carry the claim."},
    )


class ClaimPatch(Body):
    """The members of a claim to change (a JSON merge patch, RFC 7396).

    Members that are left out do not change. Send null to remove a topic, group or due date, and `[]` to remove all
    tags.
    """

    text = Text(2000, metadata=_TEXT)
    topic = TopicPath(allow_none=True, metadata=_TOPIC)
    tags = ma.fields.List(Text(50), validate=Length(max=20), metadata=_TAGS)
    group = Text(200, allow_none=True, metadata=_GROUP)
    resolves_by = due_moment(_DUE, allow_none=True)


class ClaimSummary(Answer):
    """A claim as lists return it, without its reports."""

    id = shown.identifier("The claim's id.")
    text = shown.text("The proposition in words.")
    kind = shown.choice(ClaimKind, "The kind of proposition.")
    topic = shown.text("The subject of the claim; null if not given.", allow_none=True)
    tags = shown.texts("Additional keywords.")
    resolves_by = shown.instant("When the claim is due; null if it has no due date.", allow_none=True)
    group = shown.text("The name of its group of mutually exclusive claims; null if none.", allow_none=True)
    external_id = shown.text("The sender's own id for the claim; null if none.", allow_none=True)
    recorded_at = shown.recorded_at()
    status = shown.choice(ClaimStatus, "The state of the claim.")
    not_due_because = shown.text(
        "The reason why an event past its `resolves_by` is not due. `no-report-counts`: it has no report that "
        "takes a side, so it is not in the queue. Null for all other claims.",
        allow_none=True,
        validate=OneOf(["no-report-counts"]),
    )
    resolution = shown.part(ResolutionOut, "The resolution in effect; null if none is.", allow_none=True)
    supersedes = shown.identifier(
        "The id of the newest resolution or withdrawal. Send it as `supersedes` with the next resolution. "
        "Null if the claim was never resolved.",
        allow_none=True,
    )
    disputed = shown.flag("Whether an open dispute says that the resolution in effect is wrong.")
    redacted = redacted()


class ReviewNoteOut(Answer):
    """A fact-checker's review of a claim, imported as ClaimReview, with its rating as published."""

    publisher = shown.text("The name of the fact-checker; null if not given.", allow_none=True)
    url = shown.text("The address of the review; null if not given.", allow_none=True)
    rating = shown.text("The name of the rating, such as `Mostly false`; null if it has none.", allow_none=True)
    value = shown.text("The number of the rating as published, such as `2`; null if it has none.", allow_none=True)
    best = shown.text("The best number of its scale as published; null if not given.", allow_none=True)
    worst = shown.text("The worst number of its scale as published; null if not given.", allow_none=True)
    verdict = shown.text(
        "The verdict that the rating gives; null if it gives none.",
        allow_none=True,
        validate=OneOf([verdict.value for verdict in Verdict if verdict.scores]),
    )
    truth = shown.share("The truth of a partial verdict; null for any other verdict.", allow_none=True)


class RootsOut(Answer):
    """The number of independent sources on each side of a claim. A source on both sides counts for both."""

    support = shown.count("The number of independent sources that support the claim.")
    deny = shown.count("The number of independent sources that deny the claim.")


class ClaimOut(ClaimSummary):
    """A claim with its reports, resolution, reviews, disputes and replies."""

    independent_roots = shown.count(INDEPENDENT_ROOTS)
    roots = shown.part(RootsOut, ROOTS)
    reports = shown.parts(ReportOut, "The reports that carry the claim, in order of publication.")
    reviews = shown.parts(
        ReviewNoteOut,
        "The imported reviews of fact-checkers, including those of claims that were merged into this one. The "
        "first review with a verdict resolves an open claim; later reviews never replace its verdict.",
    )
    disputes = shown.parts(DisputeOut, "The disputes of all its resolutions, the oldest first.")
    replies = shown.parts(ReplyOut, "The replies of outlets to this claim, the oldest first.")
    similar = ma.fields.List(
        ma.fields.UUID(),
        required=True,
        metadata={
            "description": "The ids of up to five other claims with the same text, the oldest first. Case, width, "
            "whitespace and punctuation are ignored, except for punctuation within a number. Not part of the ETag."
        },
    )
