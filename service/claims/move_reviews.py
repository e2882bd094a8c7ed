"""Move the reviews of a claim to another one, and back (R22a)."""

from __future__ import annotations

from service.storage.models import Claim
from service.storage.models.columns import ReviewNote


def is_same_review(one: ReviewNote, other: ReviewNote) -> bool:
    """Return whether two reviews have the same page or, without pages, the same publisher and rating."""
    if one["url"] is not None or other["url"] is not None:
        return one["url"] == other["url"]
    return (one["publisher"], one["rating"], one["value"]) == (other["publisher"], other["rating"], other["value"])


def move_reviews(claim: Claim, target: Claim) -> None:
    """Move those reviews of a claim that the other claim does not have.

    If the reviews of the other claim were redacted, none is moved.
    """
    if any(note["member"] == "reviews" for note in target.redacted or ()):
        return
    present, sent = target.reviews or [], claim.reviews or []
    moving = [note for note in sent if not any(is_same_review(note, other) for other in present)]
    if moving:
        marked = [ReviewNote(**note, merged_from=str(claim.id)) for note in moving]
        target.reviews = [*present, *marked]
        claim.reviews = [note for note in sent if note not in moving] or None


def return_reviews(claim: Claim, target: Claim) -> None:
    """Move back to a claim those of its moved reviews that were not redacted since."""
    returning = [note.copy() for note in target.reviews or [] if note.get("merged_from") == str(claim.id)]
    if returning:
        target.reviews = [note for note in target.reviews or [] if note.get("merged_from") != str(claim.id)] or None
        for note in returning:
            del note["merged_from"]
        claim.reviews = [*(claim.reviews or []), *returning]
