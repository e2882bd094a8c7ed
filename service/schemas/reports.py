"""Reports in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import OneOf, Range

from service.schemas import shown
from service.schemas.fields import (
    Answer,
    Body,
    Flag,
    Number,
    PageQuery,
    Text,
    TextOrObject,
    WebAddress,
    one_of,
    topic,
)
from service.schemas.moments import published_moment
from service.schemas.redacted import redacted
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH
from service.values.vocabulary import OutletKind, Precision, Role, Stance, StanceSource

_COMMITMENT = (
    "The certainty of the report: 1 interest or speculation, 2 under way or hearsay, 3 close, 4 reported as done."
)
PUBLISHED_PRECISION = "The precision of `published_at` as sent. A date is shown as the start of its day."
_PROBABILITY = "The probability that the report gives the claim, from 0 to 1, if it gives one."
_AGREES = (
    "It must agree with the probability: `support` needs at least 0.5, `deny` at most 0.5, and `query` and `comment` "
    "have none."
)
_FIXED = frozenset({"id", "claim", "outlet", "published_at", "relays"})
_WITHDRAW = "Cannot be changed. Withdraw the report, and file it again."


class NamedOutlet(Body):
    """An outlet by name: the recorded outlet with this name or domain, or else a new one.

    `kind`, `parent` and `scorable` apply only to a new outlet. Use PATCH to change those of a recorded outlet.
    """

    name = Text(
        NAME_LENGTH, required=True, metadata={"description": "The name, or an alias or the slug of a recorded outlet."}
    )
    domain = Text(
        DOMAIN_LENGTH,
        load_default=None,
        allow_none=True,
        metadata={"description": "The host at which it publishes, with an optional path, such as `bild.de`."},
    )
    kind = one_of(OutletKind, "The kind of publisher. The default for a new outlet is `website`.")
    parent = Text(
        SLUG_LENGTH,
        allow_none=True,
        metadata={"description": "The slug or id of the recorded outlet or organisation that owns it."},
    )
    scorable = Flag(metadata={"description": "Whether the outlet gets a score. The default for a new outlet is true."})


_NAMED, _SLUG = NamedOutlet(), Text(SLUG_LENGTH)  # created once, because a file has many of them


class OutletReference(TextOrObject):
    """A slug or an id, or an object with a name."""

    def __init__(self, description: str) -> None:
        named = {"$ref": "#/components/schemas/NamedOutlet"}
        alternatives = [{"type": "string", "minLength": 1}, named, {"type": "null"}]
        super().__init__(_SLUG, _NAMED, {"oneOf": alternatives, "description": description})


class RelayIn(Body):
    """The source that a report cites for a claim it repeats."""

    outlet = OutletReference(
        "The cited outlet: its slug or id, or an object with its name. An outlet named by an object is "
        "created if it is not recorded. Null if the report names no particular outlet."
    )
    cited_as = Text(
        NAME_LENGTH,
        load_default=None,
        allow_none=True,
        metadata={"description": "The name of the source in the words of the report, such as `Sport Bild`."},
    )


class ReportIn(Body):
    """A report: one outlet carrying one claim at one time."""

    outlet = OutletReference(
        "The outlet that published the report: its slug or id, or an object with its name. An outlet named by "
        "an object is created if it is not recorded. The default is the recorded outlet that publishes at "
        "`url`."
    )
    stance = one_of(
        Stance,
        f"The position of the report on the claim. {_AGREES} If left out, it is derived from the probability: below "
        "0.5 `deny`, above 0.5 `support`, at 0.5 `comment`; without a probability it is `support`.",
        load_default=None,
        allow_none=True,
    )
    commitment = ma.fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=Range(1, 4),
        metadata={"description": f"{_COMMITMENT} If left out, it is read from an English `quote`."},
    )
    probability = Number(
        load_default=None, allow_none=True, validate=Range(0, 1), metadata={"description": _PROBABILITY}
    )
    published_at = published_moment(
        "When the outlet published the report; at most 5 minutes in the future.", required=True
    )
    url = WebAddress(
        load_default=None, allow_none=True, metadata={"description": "The address of the page with the report."}
    )
    quote = Text(
        2000, load_default=None, allow_none=True, metadata={"description": "The sentence that makes the claim."}
    )
    relays = ma.fields.Nested(
        RelayIn,
        load_default=None,
        allow_none=True,
        metadata={"description": "The source, if the report attributes the claim to another outlet; otherwise null."},
    )


class ReportPatch(Body):
    """The members of a report to change (a JSON merge patch, RFC 7396).

    Members that are left out do not change. Send null to remove a URL, a quote or a probability.
    """

    stance = one_of(
        Stance,
        f"The position of the report on the claim. {_AGREES} Null derives it from the probability. If left out, a "
        "derived stance follows the new probability, and a stated one stays.",
        allow_none=True,
    )
    commitment = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=Range(1, 4),
        metadata={"description": f"{_COMMITMENT} Null reads it from an English `quote`."},
    )
    probability = Number(allow_none=True, validate=Range(0, 1), metadata={"description": _PROBABILITY})
    url = WebAddress(allow_none=True, metadata={"description": "The address of the page with the report."})
    quote = Text(
        2000,
        allow_none=True,
        metadata={
            "description": "The sentence that makes the claim. If the commitment was not stated, it is read from "
            "the new quote."
        },
    )

    def handle_error(self, error: ma.ValidationError, data: object, **_: object) -> None:
        """Explain how to correct the members of a report that never change."""
        if isinstance(error.messages, dict):
            error.messages.update({name: [_WITHDRAW] for name in _FIXED & error.messages.keys()})


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
    commitment = shown.count(f"{_COMMITMENT} Null if unknown.", allow_none=True)
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


class ReportQuery(PageQuery):
    """The filters of the reports of an outlet."""

    topic = topic("Only reports of claims on this topic or below it.")
