"""The overview in responses."""

from __future__ import annotations

from service.schemas import shown
from service.schemas.claims import ClaimSummary
from service.schemas.fields import Answer
from service.scores.overview import LATEST_REPORTS, LISTED, MAX_DECIDED, MAX_TOTAL, SURPRISING_AMONG


class TotalsOut(Answer):
    """The numbers of outlets and claims on record, without merged ones."""

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
    """A claim on which most outlets did the opposite of what was expected of average outlets."""

    outlets = shown.count("The number of outlets that the claim is scored for.")
    right = shown.amount("The number of these that were right; on a partly true claim each counts as a fraction.")
    expected = shown.amount("The number of these that would have been right if they were average outlets.")


class OverviewOut(Answer):
    """Totals, and the claims that changed last or deserve attention."""

    as_of = shown.instant("The moment of the overview.")
    changed_at = shown.instant(
        "When a claim or a resolution was last recorded; null if there are no claims.", allow_none=True
    )
    totals = shown.part(TotalsOut, "The numbers of outlets and claims.")
    decided = shown.parts(
        ClaimSummary, f"The {LISTED} claims with a verdict whose answer became public last, the last one first."
    )
    most_reported = shown.parts(
        OpenClaimOut,
        f"At most {LISTED} claims without a verdict, those that most outlets support or deny first. They are found "
        f"among the {LATEST_REPORTS:,} reports that were published last.",
    )
    surprises = shown.parts(
        SurpriseOut,
        f"At most {LISTED} of the {SURPRISING_AMONG} scored claims that were decided last: those on which most outlets "
        "were expected to be right and most were wrong, or the other way round. The one where `right` and `expected` "
        "differ most comes first.",
    )
