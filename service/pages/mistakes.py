"""The mistakes in a form: the errors of the API in words, each linked to its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import FieldError, ServiceError

_PLACE = re.compile(r"/(?:reports/\d+/)?(.+?)(?:/\d+)?")
"""The pointer of an error: members of the only report, and items of a list, are fields of the form."""
_FIELDS: Mapping[str, str] = {
    "outlet/name": "name",
    "outlet/domain": "domain",
    "relays": "cited",
    "relays/outlet": "cited",
    "relays/cited_as": "cited_as",
}
"""The fields whose names differ from the members of the API."""
_LABELS: Mapping[str, str] = {
    "verdict": "Verdict",
    "truth": "Part that proved true",
    "known_at": "Known since",
    "evidence": "Evidence",
    "note": "Note",
    "url": "Address of the page",
    "outlet": "Outlet",
    "into": "Merge into",
    "name": "Name of the new outlet",
    "domain": "Domain",
    "quote": "Quote",
    "published_at": "Published",
    "stance": "Stance",
    "commitment": "How certain it sounds",
    "probability": "Probability",
    "cited": "Source",
    "cited_as": "Name of the source",
    "text": "Claim",
    "kind": "Kind",
    "resolves_by": "Due",
    "topic": "Topic",
    "group": "Group",
    "locale": "Numbers, dates and words",
    "encoding": "Encoding",
    "feed": "Name of the feed",
    "map": "Columns with other names",
    "file": "File",
}
_MOMENT = "Enter a date such as 2026-03-29, or a time in UTC such as 2026-03-29 14:30."
_WORDS: Mapping[tuple[str, str], str] = {
    ("verdict", "required"): "Choose a verdict.",
    ("truth", "required"): "Enter the part that proved true, in per cent.",
    ("truth", "range"): "The part that proved true must be more than 0 and less than 100 per cent.",
    ("truth", "unexpected"): "Only “Partly true” has a part that proved true. Clear the part, or change the verdict.",
    ("evidence", "required"): "Enter the address of a page that shows it, or describe in the note what you saw.",
    ("known_at", "required"): "Enter the date on which the answer became public.",
    ("known_at", "invalid"): f"Known since: {_MOMENT}",
    ("known_at", "future"): "The answer cannot have become public in the future. Enter a past date.",
    ("published_at", "required"): "Enter the date of publication.",
    ("published_at", "invalid"): f"Published: {_MOMENT}",
    ("published_at", "future"): "The date of publication must be in the past.",
    ("text", "required"): "Enter the claim in one sentence.",
    ("resolves_by", "required"): "Enter the date by which the event is due.",
    ("outlet", "required"): "Enter the outlet, or the address of its page.",
    ("name", "required"): "Enter the name of the new outlet.",
    ("claim", "required"): "Tick at least one claim.",
    ("file", "required"): "Choose a file.",
}
_DETAILS: Mapping[str, str] = {
    "Not an absolute http or https URL.": "Enter a whole address that begins with http:// or https://.",
    "Not a valid number.": "Enter a number.",
}
"""Messages of the schemas in the words of a form."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a form."""

    field: str
    """The name of the field, or an empty text if no field shows it."""
    text: str


def mistakes_in(problem: ServiceError | None) -> list[Mistake]:
    """Return the mistakes that a problem names, each once."""
    return [] if not problem else list(dict.fromkeys(map(_mistake, problem.errors)))


def _mistake(error: FieldError) -> Mistake:
    found = _PLACE.fullmatch(error["pointer"])
    member = found[1] if found else ""
    field = _FIELDS.get(member, member)
    if words := _WORDS.get((field, error["code"])):
        return Mistake(field, words)
    detail = _DETAILS.get(error["detail"], error["detail"])
    label = _LABELS.get(field)
    return Mistake(field if label else "", f"{label}: {detail}" if label else detail)
