"""Replies of outlets in requests and responses."""

from __future__ import annotations

import marshmallow as ma

from service.schemas import shown
from service.schemas.fields import Answer, Body, Text, WebAddress
from service.schemas.redacted import redacted
from service.schemas.reports import WithdrawalOut
from service.values.vocabulary import Via


class ReplyIn(Body):
    """An outlet's reply to its record, verified by the caller."""

    text = Text(2000, required=True, metadata={"description": "The words of the outlet; public."})
    url = WebAddress(
        load_default=None, allow_none=True, metadata={"description": "The address at which the outlet says it."}
    )
    claim = ma.fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The id of a claim that the outlet reported, if the reply is about that claim; "
            "otherwise it is about the outlet's whole record."
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
    url = shown.text("The address at which the outlet says it; null if not given.", allow_none=True)
    via = shown.choice(Via, "The way in which it was filed.")
    verified = shown.text(
        "The check by which an editor verified that the outlet sent it; null unless it came from the public form.",
        allow_none=True,
    )
    withdrawn = shown.part(WithdrawalOut, "The withdrawal of the reply; null while it is shown.", allow_none=True)
    recorded_at = shown.recorded_at()
    redacted = redacted()


ReplyPage = shown.page_of("ReplyPage", ReplyOut, "replies")
