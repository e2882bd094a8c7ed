"""Submissions: the fields of the public forms, and the requests and responses of editors."""

from __future__ import annotations

import re

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas import shown
from service.schemas.disputes import DisputeOut
from service.schemas.fields import Answer, Body, Data, PageQuery, Text, WebAddress, one_of
from service.schemas.replies import ReplyOut
from service.values.vocabulary import SubmissionKind, SubmissionStatus

MAX_LINKS = 3
MAX_TEXT = 2000

_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_LINK = re.compile(r"https?://(?:www\.)?|www\.", re.IGNORECASE)


class MailAddress(Text):
    """An email address. Only its syntax is checked."""

    default_error_messages = {"mail": "Not an email address such as name@example.org."}

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        if not _ADDRESS.fullmatch(address):
            raise self.make_error("mail")
        return address


class SubmissionForm(Body):
    """The fields that the public forms for disputes and replies share."""

    text = Text(MAX_TEXT, required=True)
    links = ma.fields.List(WebAddress(), load_default=list)
    email = MailAddress(254, load_default=None)

    @ma.validates_schema
    def _check_links(self, data: dict[str, object], **_: object) -> None:
        links, text = data["links"], data["text"]
        if isinstance(links, list) and isinstance(text, str) and len(links) + len(_LINK.findall(text)) > MAX_LINKS:
            raise ma.ValidationError({"links": [f"Send at most {MAX_LINKS} links, including those in the text."]})


class ReplyForm(SubmissionForm):
    """The fields of the public form for a reply, which takes at most one link."""

    links = ma.fields.List(WebAddress(), load_default=list, validate=Length(max=1))


class AcceptanceIn(Body):
    """The acceptance of a submission from a public form."""

    verified = Text(
        500,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The way in which you verified that the outlet sent the reply, such as `By mail to the "
            "address in the masthead.`; public. Required for a reply, and not allowed for a dispute."
        },
    )


class RefusalIn(Body):
    """The refusal of a submission from a public form."""

    reason = Text(
        MAX_TEXT, required=True, metadata={"description": "The reason, which only the sender and editors can read."}
    )


class PendingQuery(PageQuery):
    """Filter and paging parameters for the list of submissions."""

    kind = one_of(SubmissionKind, "Only submissions of this kind.")
    status = one_of(SubmissionStatus, "Only submissions with this status.", load_default=SubmissionStatus.PENDING)


class PendingOut(Answer):
    """A submission from a public form, which is not part of the record until it is accepted."""

    id = shown.identifier("The submission's id.")
    kind = shown.choice(SubmissionKind, "The kind of submission.")
    status = shown.choice(SubmissionStatus, "The state of the submission.")
    about = shown.text("The text of the claim that it is about, or the name of the outlet.")
    claim = shown.identifier(
        "The id of the claim that it is about; null for a reply to the whole record.", allow_none=True
    )
    resolution = shown.identifier("The id of the disputed resolution; null for a reply.", allow_none=True)
    outlet = shown.text("The slug of the outlet that replies; null for a dispute.", allow_none=True)
    text = shown.text(
        "The text that the sender wrote; null after acceptance, when it is in `dispute` or `reply`.", allow_none=True
    )
    links = shown.texts("The addresses that the sender gave. They are not checked, so do not show them as links.")
    email = shown.text(
        "The sender's email address, which is never published and is deleted when the submission is decided; "
        "null if not given.",
        allow_none=True,
    )
    refusal = shown.text("The reason for the refusal; null unless refused.", allow_none=True)
    dispute = shown.part(DisputeOut, "The dispute that the submission became; null unless accepted.", allow_none=True)
    reply = shown.part(ReplyOut, "The reply that the submission became; null unless accepted.", allow_none=True)
    decided_at = shown.instant("When it was accepted or refused; null while pending.", allow_none=True)
    decided_by = shown.identifier(
        "The id of the API key that made the decision; null while pending, or if the operator decided.", allow_none=True
    )
    recorded_at = shown.recorded_at()


PendingPage = shown.page_of("PendingPage", PendingOut, "submissions")
