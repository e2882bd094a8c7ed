"""Replies of outlets in requests and responses."""

from __future__ import annotations

import marshmallow as ma

from service.schemas import shown
from service.schemas.fields import Answer, Body, Text, WebAddress
from service.schemas.redacted import redacted
from service.schemas.shown_reports import WithdrawalOut
from service.values.vocabulary import Via


class ReplyIn(Body):
    """An outlet's reply to its record, verified by the caller."""

    text = Text(2000, required=True, metadata={"description": "The words of the outlet; public."})
    url = WebAddress(
        load_default=None, allow_none=True, metadata={"description": "The address of the page with the reply."}
    )
    claim = ma.fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The id of the claim that the reply is about, which the outlet must have reported. "
            "Without it, the reply is about the whole record."
        },
    )


class ReplyOut(Answer):
    """An outlet's reply to its record, or to one claim."""

    id = shown.identifier("The reply's id.")
    outlet = shown.text("The slug of the outlet.")
    claim = shown.identifier(
        "The id of the claim that the reply is about; null if it is about the whole record.", allow_none=True
    )
    text = shown.text("The words of the outlet.")
    url = shown.text("The address of the page with the reply; null if not given.", allow_none=True)
    via = shown.choice(Via, "The way in which the reply was filed.")
    verified = shown.text(
        "The way in which an editor verified that the outlet sent the reply; null unless it came from the public form.",
        allow_none=True,
    )
    withdrawn = shown.part(WithdrawalOut, "The withdrawal of the reply; null while it is shown.", allow_none=True)
    recorded_at = shown.recorded_at()
    redacted = redacted()


ReplyPage = shown.page_of("ReplyPage", ReplyOut, "replies")
