"""Reports in responses, with their sources and withdrawals."""

from __future__ import annotations

from marshmallow.validate import OneOf

from service.schemas import shown
from service.schemas.fields import Answer, Body, Text
from service.schemas.redacted import redacted
from service.values.vocabulary import Precision, Role, Stance, StanceSource

COMMITMENT = (
    "The certainty of the report: 1 interest or speculation, 2 under way or hearsay, 3 close, 4 reported as done."
)
PUBLISHED_PRECISION = "The precision of `published_at` as sent. A date is shown as the start of its day."


class RelayOut(Answer):
    """The source that a report cites for a claim it repeats."""

    outlet = shown.text("The slug of the cited outlet; null if the report names no particular one.", allow_none=True)
    cited_as = shown.text("The name of the source in the words of the report; null if not given.", allow_none=True)


class WithdrawalIn(Body):
    """The reason for a withdrawal."""

    reason = Text(1000, required=True, metadata={"description": "The reason for the withdrawal; public."})


class WithdrawalOut(Answer):
    """The withdrawal of a report or a reply."""

    reason = shown.text("The reason for the withdrawal.")
    recorded_at = shown.instant("When it was withdrawn.")


class ReportOut(Answer):
    """A report: one outlet carrying one claim at one time, with a stance."""

    id = shown.identifier("The report's id.")
    claim = shown.identifier("The id of the claim.")
    outlet = shown.text("The slug of the outlet that published the report.")
    stance = shown.choice(Stance, "The position of the report on the claim.")
    stance_source = shown.choice(StanceSource, "The origin of `stance`.")
    commitment = shown.count(f"{COMMITMENT} Null if unknown.", allow_none=True)
    commitment_source = shown.text(
        "The origin of `commitment`. `stated`: sent with the report; `lexicon`: read from its quote. "
        "Null if `commitment` is.",
        allow_none=True,
        validate=OneOf(["stated", "lexicon"]),
    )
    probability = shown.share("The probability that the report states for the claim; null if none.", allow_none=True)
    published_at = shown.instant("When the outlet published the report.")
    published_precision = shown.choice(Precision, PUBLISHED_PRECISION)
    url = shown.text("The address of the page with the report; null if not given.", allow_none=True)
    quote = shown.text("The sentence that makes the claim; null if not given.", allow_none=True)
    relays = shown.part(RelayOut, "The source that the report cites; null if it reports on its own.", allow_none=True)
    role = shown.choice(Role, "The part of the outlet's record in which the report counts.")
    after_known = shown.flag(
        "Whether the report was published when the answer was already public. It is then not scored."
    )
    backfilled = shown.flag("Whether the report was published more than 7 days before it was recorded.")
    withdrawn = shown.part(
        WithdrawalOut, "The withdrawal of the report; null if it was not withdrawn.", allow_none=True
    )
    recorded_at = shown.recorded_at()
    corrected_at = shown.instant("When the report was last corrected; null if never.", allow_none=True)
    redacted = redacted()


ReportPage = shown.page_of("ReportPage", ReportOut, "reports")
