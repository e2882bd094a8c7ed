"""The overview of the record in responses."""

from __future__ import annotations

from service.schemas import shown
from service.schemas.claims import ClaimSummary
from service.schemas.fields import Answer
from service.scores.notable_claims import LATEST_REPORTS, LISTED
from service.scores.overview import MAX_DECIDED, MAX_TOTAL, SURPRISING_AMONG
from service.scores.surprises import PER_OUTLET


class TotalsOut(Answer):
    """The numbers of recorded outlets and claims, without merged ones."""

    outlets = shown.count(f"The number of outlets. Counting stops at {MAX_TOTAL:,}.")
    claims = shown.count(f"The number of claims. Counting stops at {MAX_TOTAL:,}.")
    decided = shown.count(
        "The number of claims with a verdict whose answer became public in the last 7 days (`known_at`). Counting "
        f"stops at {MAX_DECIDED:,}."
    )


class OpenClaimOut(ClaimSummary):
    """A claim without a verdict, with the number of outlets that report it."""

    outlets = shown.count("The number of outlets that support or deny the claim.")


class SurpriseOut(ClaimSummary):
    """A claim that more outlets got right or wrong than was expected."""

    outlets = shown.count("The number of outlets whose scores include the claim.")
    right = shown.amount("The number of these that were right; on a partly true claim each counts as a fraction.")
    expected = shown.amount("The number of these that would have been right if they were average outlets.")


class OverviewOut(Answer):
    """The totals of the record, with its latest decided, most reported and most surprising claims."""

    as_of = shown.instant("The moment of the overview.")
    changed_at = shown.instant(
        "When a claim or a resolution was last recorded; null if there are no claims.", allow_none=True
    )
    totals = shown.part(TotalsOut, "The numbers of outlets and claims.")
    decided = shown.parts(
        ClaimSummary, f"The {LISTED} claims with a verdict whose answers became public most recently, the latest first."
    )
    most_reported = shown.parts(
        OpenClaimOut,
        f"At most {LISTED} claims without a verdict, those that most outlets support or deny first. Only "
        f"claims among the {LATEST_REPORTS:,} most recently published reports are included.",
    )
    surprises = shown.parts(
        SurpriseOut,
        f"At most {LISTED} of the {SURPRISING_AMONG} most recently decided claims that are scored: those that "
        "most outlets got wrong although most were expected to be right, or the reverse. The claim with the "
        "largest difference between `right` and `expected` comes first. A claim is left out if each of its outlets "
        f"already has {PER_OUTLET} claims in the list.",
    )
