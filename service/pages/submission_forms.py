"""Parse the public forms for disputes and replies, and word their errors for readers."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from flask import request

from service.claims.submissions import NewSubmission
from service.errors import FieldError, InvalidBody
from service.schemas.loading import load
from service.schemas.pending import ReplyForm, SubmissionForm

_WORDS = {
    "outlet": "Choose the outlet that replies.",
    "text": "Enter a text of at most 2,000 characters.",
    "links": "Enter at most three links, including those in the text. Each must be a full address, such as "
    "https://example.org/page.",
    "email": "Enter an email address such as name@example.org, or leave the field empty.",
    "website": "Leave the hidden field empty. It is only there to catch automated submissions.",
}
"""The messages for invalid fields, in the order of the form."""
_ONE_LINK = "Enter one link as a full address, such as https://example.org/page, and at most two more in the text."


def read_form(schema: SubmissionForm, *, lacks_outlet: bool = False) -> NewSubmission:
    """Validate and return the dispute or reply that a reader entered in a form.

    Raises:
        InvalidBody: Fields are invalid. The errors are worded for readers, in the order of the form.
    """
    form = request.form
    body: dict[str, object] = {"text": "\n".join(form.get("text", "").strip().splitlines())}
    body["links"] = form.get("links", "").split()
    if email := form.get("email", "").strip():
        body["email"] = email
    wrong = {name for name, is_wrong in (("outlet", lacks_outlet), ("website", bool(form.get("website")))) if is_wrong}
    try:
        submission: NewSubmission = load(schema, body)
    except InvalidBody as exc:
        wrong |= {error["pointer"].split("/")[1] for error in exc.errors}
    if wrong:
        raise InvalidBody("Correct the fields named below, and send the form again.", errors=_errors(wrong, schema))
    return submission


def _errors(wrong: AbstractSet[str], schema: SubmissionForm) -> list[FieldError]:
    words = _WORDS | {"links": _ONE_LINK} if isinstance(schema, ReplyForm) else _WORDS
    return [FieldError(pointer=f"/{name}", detail=words[name], code="invalid") for name in words if name in wrong]
