"""Convert API errors to mistakes in a form of the desk, worded for editors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import FieldError, ServiceError

_PLACE = re.compile(r"/(?:reports/\d+/)?(.+?)(?:/\d+)?")
"""The pattern of an error's JSON pointer. Its group is the member, without the index of a report or list item."""
_FIELDS: Mapping[str, str] = {
    "outlet/name": "name",
    "outlet/domain": "domain",
    "relays": "cited",
    "relays/outlet": "cited",
    "relays/cited_as": "cited_as",
}
"""The fields of a form by the member of the API, if their names differ."""
_LABELS: Mapping[str, str] = {
    "verdict": "Verdict",
    "known_at": "Known since",
    "evidence": "Evidence",
    "note": "Note",
    "truth": "Part that proved true",
    "url": "Address of the page",
    "outlet": "Outlet",
    "into": "Merge into",
    "name": "Name of the new outlet",
    "domain": "Domain of the new outlet",
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
"""The labels of the fields, in their order in the forms."""
_PLACES: Mapping[str, int] = {field: place for place, field in enumerate(_LABELS)}
_MOMENT = "Enter a date such as 2026-03-29, or a time in UTC such as 2026-03-29 14:30."
_WORDS: Mapping[tuple[str, str], str] = {
    ("verdict", "required"): "Choose a verdict.",
    ("truth", "required"): "Enter the part that proved true, in percent.",
    ("truth", "range"): "The part that proved true must be more than 0 and less than 100 percent.",
    (
        "truth",
        "unexpected",
    ): "You entered a part that proved true, which only “Partly true” has. Clear it, or change the verdict.",
    (
        "evidence",
        "required",
    ): "Enter the address of a page that proves the verdict, or describe what you saw in the note.",
    ("known_at", "required"): "Enter the date on which the answer became public.",
    ("known_at", "invalid"): f"Known since: {_MOMENT}",
    ("known_at", "future"): "You entered a date in the future. Enter the date on which the answer became public.",
    ("probability", "invalid"): "Enter a probability from 0 to 100 percent.",
    ("published_at", "required"): "Enter the date of publication.",
    ("published_at", "invalid"): f"Published: {_MOMENT}",
    ("published_at", "future"): "You entered a date of publication in the future. Enter a past date.",
    ("text", "required"): "Enter the claim in one sentence.",
    ("resolves_by", "required"): "Enter the date by which the event is due.",
    ("outlet", "required"): "Enter the outlet, or the address of its page.",
    ("name", "required"): "Enter the name of the new outlet.",
    ("claim", "required"): "Tick at least one claim.",
    ("file", "required"): "Choose a file.",
}
_DETAILS: Mapping[str, str] = {
    "Not an absolute http or https URL.": "Enter a full address that begins with http:// or https://.",
    "Not a valid number.": "Enter a number.",
}
"""The messages of the schemas that a form words differently."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a form, with the field that shows it."""

    field: str
    """The name of the field; empty if no field of the form shows the mistake."""
    text: str


def mistakes_in(problem: ServiceError | None) -> list[Mistake]:
    """Return the distinct mistakes that a problem lists, in the order of the fields in the form."""
    if not problem:
        return []
    found = dict.fromkeys(map(_mistake, problem.errors))
    return sorted(found, key=lambda mistake: _PLACES.get(mistake.field, len(_PLACES)))


def _mistake(error: FieldError) -> Mistake:
    found = _PLACE.fullmatch(error["pointer"])
    member = found[1] if found else ""
    field = _FIELDS.get(member, member)
    if words := _WORDS.get((field, error["code"])):
        return Mistake(field, words)
    detail = _DETAILS.get(error["detail"], error["detail"])
    label = _LABELS.get(field)
    return Mistake(field if label else "", f"{label}: {detail}" if label else detail)
