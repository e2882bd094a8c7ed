"""Reports in requests."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Range

from service.schemas.fields import Body, Number, PageQuery, Text, WebAddress, one_of, topic
from service.schemas.moments import published_moment
from service.schemas.named_outlets import OutletReference
from service.schemas.shown_reports import COMMITMENT
from service.values.ids import NAME_LENGTH
from service.values.vocabulary import Stance

_PROBABILITY = "The probability that the report gives the claim, from 0 to 1, if it gives one."
_AGREES = (
    "It must agree with the probability: `support` needs at least 0.5, `deny` at most 0.5, and `query` and `comment` "
    "have none."
)
_FIXED = frozenset({"id", "claim", "outlet", "published_at", "relays"})
_WITHDRAW = "Cannot be changed. Withdraw the report, and file it again."


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
        metadata={"description": f"{COMMITMENT} If left out, it is read from an English `quote`."},
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
        metadata={"description": f"{COMMITMENT} Null reads it from an English `quote`."},
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
        """Replace the errors of members that cannot be changed by advice to file the report again."""
        if isinstance(error.messages, dict):
            error.messages.update({name: [_WITHDRAW] for name in _FIXED & error.messages.keys()})


class ReportQuery(PageQuery):
    """Filter and paging parameters for an outlet's reports."""

    topic = topic("Only reports of claims on this topic or below it.")
