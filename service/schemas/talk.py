"""Disputes and replies in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas import shown
from service.schemas.fields import Answer, Body, PageQuery, Text, WebAddress, one_of, page_of
from service.schemas.redacted import redacted
from service.schemas.reports import WithdrawalOut
from service.values.vocabulary import DisputeStatus


class DisputeIn(Body):
    """The reason why a resolution is wrong."""

    reason = Text(2000, required=True, metadata={"description": "The reason why the resolution is wrong; public."})
    evidence = ma.fields.List(
        WebAddress(),
        load_default=list,
        validate=Length(max=20),
        metadata={"description": "The addresses of pages that show it."},
    )


class ClosureIn(Body):
    """The reason for closing a dispute without changing the resolution."""

    reason = Text(2000, required=True, metadata={"description": "The reason why the resolution is kept; public."})


class ClosureOut(Answer):
    """The closure of a dispute, by a reason or by a new resolution."""

    reason = shown.text(
        "The reason why the resolution was kept; null if a new resolution closed the dispute.", allow_none=True
    )
    resolution = shown.identifier(
        "The id of the resolution that superseded the disputed one; null if a reason closed the dispute.",
        allow_none=True,
    )
    recorded_at = shown.instant("When the dispute was closed.")


class DisputeOut(Answer):
    """A dispute: a statement that a resolution is wrong."""

    id = shown.identifier("The dispute's id.")
    claim = shown.identifier("The id of the claim.")
    resolution = shown.identifier("The id of the disputed resolution.")
    status = shown.choice(DisputeStatus, "Whether the dispute was answered.")
    reason = shown.text("The reason given why the resolution is wrong.")
    evidence = shown.texts("The addresses of pages that show it.")
    closure = shown.part(ClosureOut, "The closure of the dispute; null while it is open.", allow_none=True)
    recorded_at = shown.recorded_at()
    redacted = redacted()


DisputePage = page_of("DisputePage", DisputeOut, "disputes")


class DisputeQuery(PageQuery):
    """The filters of the list of disputes."""

    status = one_of(DisputeStatus, "Only disputes with this status.")


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
    withdrawn = shown.part(WithdrawalOut, "The withdrawal of the reply; null while it is shown.", allow_none=True)
    recorded_at = shown.recorded_at()
    redacted = redacted()


ReplyPage = page_of("ReplyPage", ReplyOut, "replies")
