"""Compare a fact-checker's review with the other reviews and the resolution of its claim."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from service.claims.move_reviews import is_same_review
from service.claims.repeats import differences
from service.claims.resolutions import is_same_resolution
from service.claims.resolve import NewResolution
from service.errors import AlreadyResolved, ClaimDiffers, InvalidBody
from service.storage.facts import standing_resolution
from service.storage.models import Claim
from service.storage.models.columns import ReviewNote
from service.transfer.claimreview.review import ReviewWarning
from service.transfer.lines import ReviewLine
from service.values.vocabulary import Verdict

_MOST = 100


class ReviewPlan(NamedTuple):
    """The changes that a review makes to its claim."""

    reviews: list[ReviewNote] | None
    """All reviews of the claim, including the new one."""
    resolution: NewResolution | None
    """None if the review gives no verdict, or the claim already has that verdict."""
    warnings: list[ReviewWarning]


def plan_review(session: Session, claim: Claim, line: ReviewLine) -> ReviewPlan:
    """Return the changes that a review makes to its claim, without making them.

    Raises:
        ClaimDiffers: The review has the identifier of the claim but a different text.
        AlreadyResolved: The claim has a different verdict, which an import must not replace.
        InvalidBody: The claim has too many reviews.
    """
    is_named = line.note is None  # otherwise the id was derived from the text
    if is_named and (differing := differences(session, claim, {"text": line.claim["text"]})):
        raise ClaimDiffers(
            f"You sent a review with the identifier of the claim {claim.id} but a different text. Correct the text, or "
            "omit the identifier.",
            errors=differing,
        )
    reviews, standing = _add_review(claim, line), _agreed(claim, line)
    if standing is not None:
        return ReviewPlan(reviews, None, [*line.warnings, standing])
    return ReviewPlan(reviews, line.resolution, line.warnings)


def _add_review(claim: Claim, line: ReviewLine) -> list[ReviewNote] | None:
    """Return the reviews of a claim, including the one on a line.

    A repeated review replaces its earlier version. Redacted reviews stay redacted.
    """
    is_redacted = any(note["member"] == "reviews" for note in claim.redacted or ())
    if line.note is None or is_redacted:
        return claim.reviews
    known = list(claim.reviews or [])
    places = [place for place, note in enumerate(known) if is_same_review(note, line.note)]
    if places:
        known[places[0]] = {**known[places[0]], **line.note}  # keeps the mark of a review that a merge moved (R22a)
    elif len(known) >= _MOST:
        detail = f"The claim has {_MOST} reviews, the maximum. Omit this one."
        raise InvalidBody.at("", detail, "too-many")
    else:
        known.append(line.note)
    return known


def _agreed(claim: Claim, line: ReviewLine) -> ReviewWarning | None:
    """Return a warning if the claim already has this review's verdict and needs no resolution.

    Raises:
        AlreadyResolved: The claim has a different verdict.
    """
    standing, given = standing_resolution(claim), line.resolution
    if standing is None or (given is not None and any(is_same_resolution(one, given) for one in claim.resolutions)):
        return None
    truth = standing.truth if standing.verdict is Verdict.PARTIAL else None
    if given is not None and (given["verdict"], given["truth"]) == (standing.verdict, truth):
        detail = (
            f"The resolution {standing.id} has the same verdict and stays in effect. The review is added to the claim."
        )
        return ReviewWarning("already-resolved", detail)
    if given is None and not _has_changed(claim, line):
        return None
    attempt = "no longer gives a verdict" if given is None else f"gives the verdict {given['verdict']}"
    raise AlreadyResolved(
        f"You sent a review that {attempt}, but the resolution {standing.id} of the claim {claim.id} is "
        f"{standing.verdict}, and an import never replaces a verdict. If the review is right, dispute that resolution "
        "or supersede it."
    )


def _has_changed(claim: Claim, line: ReviewLine) -> bool:
    """Return whether a review without a verdict had one in an earlier import."""
    notes = [note for note in claim.reviews or [] if line.note is not None and is_same_review(note, line.note)]
    return any(note["verdict"] is not None for note in notes)
