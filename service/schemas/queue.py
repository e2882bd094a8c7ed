"""The queue of due claims in requests and responses."""

from __future__ import annotations

from service.schemas import shown
from service.schemas.claims import INDEPENDENT_ROOTS, ROOTS, ClaimSummary, RootsOut
from service.schemas.fields import Answer, PageQuery, Text, topic
from service.values.ids import SLUG_LENGTH


class QueueQuery(PageQuery):
    """Filter and paging parameters for the queue of due claims."""

    topic = topic("Only claims on this topic or below it.")
    outlet = Text(SLUG_LENGTH, metadata={"description": "Only claims reported by the outlet with this slug or id."})


class StakeOut(Answer):
    """The reports and outlets affected by the resolution of a due claim."""

    reports = shown.count("The number of reports that would count: those that take a side and are not withdrawn.")
    outlets = shown.texts("The slugs of the outlets whose scores would change.")
    independent_roots = shown.count(INDEPENDENT_ROOTS)
    roots = shown.part(RootsOut, ROOTS)


class DueClaim(ClaimSummary):
    """A due claim, with the reports and outlets affected by its resolution."""

    at_stake = shown.part(StakeOut, "The reports and outlets affected by the resolution.")


Queue = shown.page_of("Queue", DueClaim, "due claims")
