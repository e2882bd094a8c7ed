"""Turn a ClaimReview into a claim with its reports and its resolution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypedDict

from service.errors import FieldError
from service.storage.models.columns import ReviewNote
from service.transfer.claimreview.dates import read_date
from service.transfer.claimreview.node import Node
from service.transfer.claimreview.ratings import Reading, rating_of, read_rating
from service.transfer.claimreview.reports import FiledReport, Voices, reports_of, voices_of
from service.transfer.claimreview.speakers import Speaker, speakers_of
from service.values.addresses import parse_address
from service.values.names import text_key
from service.values.vocabulary import Verdict

PROPERTY = "borneout"
"""The `propertyID` that marks the claim's identifier in reviews that a Borneout service exported."""
_EVIDENCE = 20
_NOTE = 5000
_REPORTS = 100
_RAW = 300

WarningCode = Literal["no-verdict", "rating-contradicts", "already-resolved", "date-assumed", "no-outlet"]


@dataclass(frozen=True, slots=True)
class ReviewWarning:
    """A warning about an imported review."""

    code: WarningCode
    detail: str


class FiledResolution(TypedDict):
    """A resolution in the form of a typed import line."""

    verdict: str
    truth: float | None
    known_at: str | None
    evidence: list[str]
    note: str


class FiledClaim(TypedDict):
    """A claim in the form of a typed import line."""

    text: str | None
    external_id: str
    reports: list[FiledReport]
    resolution: FiledResolution | None


@dataclass(frozen=True, slots=True)
class ReadReview:
    """The content of a review: the claim, a note with the rating, and the warnings."""

    claim: FiledClaim
    note: ReviewNote | None
    """None for a review that a Borneout service exported, because its resolution contains everything."""
    warnings: list[ReviewWarning]


_MEMBERS = (
    ("/text", "/claimReviewed"),
    ("/reports", "/itemReviewed"),
    ("/resolution/known_at", "/datePublished"),
    ("/resolution/evidence", "/url"),
    ("/resolution", "/reviewRating"),
    ("/external_id", "/itemReviewed/identifier"),
)
"""The prefixes of pointers into a claim, each with the corresponding member of its review."""


def in_review(errors: Iterable[FieldError]) -> list[FieldError]:
    """Return the errors of a claim, with pointers into the review that it was read from."""
    return [{**error, "pointer": _member_of(error["pointer"])} for error in errors]


def _member_of(pointer: str) -> str:
    return next((member for start, member in _MEMBERS if pointer.startswith(start)), "")


def read_review(review: Node) -> ReadReview:
    """Return the claim, the note and the warnings from a review, without validating the claim."""
    reading = read_rating(rating_of(review))
    text = _text_of(review)
    checkers = _checkers_of(review)
    voices = voices_of(review, checkers)
    said = read_date(_claim_text(review, "datePublished", "dateCreated"), is_end=False)
    known = read_date(review.text("datePublished", "dateModified", "dateCreated"), is_end=True)
    day = (known or "")[:10]
    reports = reports_of(voices, published_at=said or day)[:_REPORTS]
    claim = FiledClaim(
        text=text,
        external_id=_own_id(review) or f"claimreview:{text_key(text or '')[:32]}",
        reports=[report for report in reports if report["published_at"]],
        resolution=_resolution(review, reading, checkers, known),
    )
    warnings = [*_warnings(reading, voices, claim), *_date_warnings(claim, said=said, day=day)]
    return ReadReview(claim, _note(review, reading, checkers), warnings)


def _text_of(review: Node) -> str | None:
    return review.text("claimReviewed") or _claim_text(review, "claimReviewed", "text", "name", "headline")


def _claim_text(review: Node, *names: str) -> str | None:
    return next((text for claim in review.nodes("itemReviewed") if (text := claim.text(*names))), None)


def _checkers_of(review: Node) -> list[Speaker]:
    """Return the fact-checkers of a review: its authors and publishers, and the site of its page."""
    named = speakers_of(review, "author", "publisher", "creator")
    for url in review.urls("url"):
        try:
            host = parse_address(url).registered
        except ValueError:
            host = None
        named += [] if host is None else [Speaker(host, host)]
    return named


def _own_id(review: Node) -> str | None:
    """Return the id of the claim if a Borneout service exported the review, else None."""
    for claim in review.nodes("itemReviewed"):
        for identifier in claim.nodes("identifier"):
            if identifier.text("propertyID") == PROPERTY:
                return identifier.text("value")
    return None


def _resolution(review: Node, reading: Reading, checkers: list[Speaker], known: str | None) -> FiledResolution | None:
    """Return the resolution that the rating of a review gives; None if it gives no verdict.

    A review that a Borneout service exported keeps its evidence and note.
    """
    if reading.verdict is None:
        return None
    is_own = _own_id(review) is not None
    evidence = review.urls("isBasedOn") if is_own else review.urls("url", "@id", "mainEntityOfPage")[:1]
    rated = f"{_name_of(checkers)} rated it {rating_of(review).words}."
    return FiledResolution(
        verdict=reading.verdict,
        truth=reading.truth,
        known_at=known,
        evidence=list(dict.fromkeys(evidence))[:_EVIDENCE],
        note=((review.text("reviewBody") if is_own else None) or rated)[:_NOTE],
    )


def _name_of(checkers: list[Speaker]) -> str:
    return checkers[0].name if checkers else "A fact-checker"


def _note(review: Node, reading: Reading, checkers: list[Speaker]) -> ReviewNote | None:
    if _own_id(review) is not None:
        return None
    rating = rating_of(review)
    return ReviewNote(
        publisher=_cut(_name_of(checkers)) if checkers else None,
        url=next(iter(review.urls("url", "@id", "mainEntityOfPage")), None),
        rating=_cut(rating.name),
        value=_cut(rating.value),
        best=_cut(rating.best),
        worst=_cut(rating.worst),
        verdict=reading.verdict,
        truth=reading.truth if reading.verdict is Verdict.PARTIAL else None,
    )


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:_RAW]


def _warnings(reading: Reading, voices: Voices, claim: FiledClaim) -> Iterator[ReviewWarning]:
    if reading.reason is not None:
        detail = f"{reading.reason}. The claim is recorded with this rating and without a resolution."
        yield ReviewWarning("no-verdict", detail)
    if reading.contradiction is not None:
        yield ReviewWarning("rating-contradicts", f"{reading.contradiction}.")
    if voices.placeholder is not None and not voices.named:
        detail = f"{voices.placeholder.name[:100]!r} is a placeholder for unnamed people, so it has no score."
        yield ReviewWarning("no-outlet", detail)
    elif not claim["reports"]:
        missing = (
            "has no valid date for the claim or for itself"
            if voices.named or voices.appearances
            else "names no speaker of the claim, and no page of it except its own"
        )
        yield ReviewWarning("no-outlet", f"The review {missing}, so the claim has no report.")


def _date_warnings(claim: FiledClaim, *, said: str | None, day: str) -> Iterator[ReviewWarning]:
    """Yield the warnings about the dates that a review lacks.

    Args:
        claim: The claim in the review.
        said: The date of the claim; None if the review has none.
        day: The day of the review; empty if it has none.
    """
    if not day and claim["resolution"] is not None:
        detail = "The review has no valid date, so its verdict is recorded as known since this import."
        yield ReviewWarning("date-assumed", detail)
    if said is None and day and any(report["published_at"] == day for report in claim["reports"]):
        detail = f"The review has no date of the claim, so its reports have the date of the review, {day}."
        yield ReviewWarning("date-assumed", detail)
