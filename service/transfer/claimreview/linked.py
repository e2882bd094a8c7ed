"""Find the ClaimReview items of a JSON-LD document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.errors import InvalidBody, ServiceError
from service.transfer.claimreview.node import Members, Node
from service.transfer.claimreview.search_result import as_items, is_search_result

REVIEW = "ClaimReview"

_MARKS = frozenset({"@context", "@graph", "@type"})
_WRAPPERS = frozenset({"DataFeedItem", "ListItem"})
_NO_REVIEW = (
    "You sent JSON-LD without a ClaimReview, the only type that an import reads. Send items with "
    '"@type": "ClaimReview", alone or in a list, an @graph or a DataFeed.'
)


def is_linked_data(content: object) -> bool:
    """Return whether a JSON value is JSON-LD or a Fact Check Tools result, and not a flat or typed line."""
    return isinstance(content, dict) and (not _MARKS.isdisjoint(content) or is_search_result(content))


def find_reviews(document: object) -> list[Node]:
    """Return the ClaimReview items at any depth of a JSON-LD document, in document order.

    Raises:
        InvalidBody: The document contains no ClaimReview.
    """
    if isinstance(document, dict) and is_search_result(document):
        document = as_items(document)
    objects = list(_objects(document))
    index = {name: each for each in objects if isinstance(name := each.get("@id"), str) and len(each) > 1}
    nodes = [Node(each, index) for each in objects]
    # A node with only a type and an @id is a reference to an item.
    reviews = [node for node in nodes if REVIEW in node.types and node.members.keys() - {"@id", "@type"}]
    if not reviews:
        raise InvalidBody.at("", _NO_REVIEW, "unknown")
    return reviews


def spread_reviews(lines: Iterable[tuple[int, object]]) -> Iterator[tuple[int, object]]:
    """Replace each JSON-LD document among the values of a file with its ClaimReview items.

    Each item gets a line number, and line numbers always increase. In feeds, null is a deleted review, so null is
    skipped after the first document.
    """
    last, is_feed = 0, False
    for number, content in lines:
        is_feed |= is_linked_data(content)
        for item in [] if is_feed and content is None else _items(content):
            last = max(number, last + 1)
            yield last, item


def _items(content: object) -> list[object]:
    if not is_linked_data(content):
        return [content]
    if _is_empty(content):
        return []
    try:
        return [*find_reviews(content)]
    except ServiceError as exc:
        return [exc]


def _is_empty(content: object) -> bool:
    """Return whether an object is an empty element of a feed or a list."""
    node = Node(content if isinstance(content, dict) else {}, {})
    return not node.types.isdisjoint(_WRAPPERS) and not node.values("item")


def _objects(document: object) -> Iterator[Members]:
    """Yield all objects at any depth of a JSON document, in document order."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += reversed(list(value.values()))
        elif isinstance(value, list):
            waiting += reversed(value)
