"""Find the ClaimReview items of a JSON-LD document, and read their members in any form that JSON-LD allows."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from service.errors import InvalidBody, ServiceError
from service.transfer.claimreview.search_result import as_items, is_search_result

Members: TypeAlias = Mapping[str, object]

REVIEW = "ClaimReview"

_PREFIX = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:|sdo:)")
_SPELLINGS = ("", "http://schema.org/", "https://schema.org/", "schema:", "sdo:")
_MARKS = frozenset({"@context", "@graph", "@type"})
_WRAPPERS = frozenset({"DataFeedItem", "ListItem"})
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_URL = re.compile(r"https?://[^\s/?#]+[^\s\x7f]*", re.IGNORECASE)
_NO_REVIEW = (
    "You sent JSON-LD without a ClaimReview, the only type that an import reads. Send items with "
    '"@type": "ClaimReview", alone or in a list, an @graph or a DataFeed.'
)


@dataclass(frozen=True, slots=True)
class Node:
    """An object of a JSON-LD document. Its members are found in any spelling."""

    members: Members
    index: Mapping[str, Members]
    """The objects of the document by `@id`."""

    @property
    def types(self) -> set[str]:
        """The types without the prefix of schema.org, such as `ClaimReview`."""
        return {_PREFIX.sub("", name) for name in _flatten(self.members.get("@type")) if isinstance(name, str)}

    def values(self, *names: str) -> list[object]:
        """Return the values of members except null. A reference is replaced with the object that has the `@id`."""
        given = (self.members.get(prefix + name) for name in names for prefix in _SPELLINGS)
        return [self._look_up(value) for each in given for value in _flatten(each)]

    def nodes(self, *names: str) -> list[Node]:
        """Return the objects among the values of members."""
        return [Node(value, self.index) for value in self.values(*names) if isinstance(value, dict)]

    def texts(self, *names: str) -> list[str]:
        """Return the texts and numbers among the values of members, without markup."""
        plain = (value for value in self.values(*names) if isinstance(value, str | int | float))
        return [text for value in plain if (text := clean(str(value)))]

    def text(self, *names: str) -> str | None:
        """Return the first text of members."""
        return next(iter(self.texts(*names)), None)

    def urls(self, *names: str) -> list[str]:
        """Return the web addresses among the values of members, including the first address of each object."""
        found: list[str] = []
        for value in self.values(*names):
            if isinstance(value, str):
                found += [address] if _URL.fullmatch(address := value.strip()) else []
            elif isinstance(value, dict):
                found += Node(value, self.index).addresses()[:1]
        return found

    def addresses(self) -> list[str]:
        """Return the web addresses of this object."""
        return self.urls("url", "contentUrl", "sameAs", "@id", "mainEntityOfPage")

    def _look_up(self, value: object) -> object:
        if isinstance(value, dict) and isinstance(name := value.get("@id"), str) and value.keys() <= {"@id", "@type"}:
            return self.index.get(name, name)
        return value


def is_linked_data(content: object) -> bool:
    """Return whether a JSON value is JSON-LD, or a search result of reviews, instead of a flat or typed line."""
    return isinstance(content, dict) and (not _MARKS.isdisjoint(content) or is_search_result(content))


def find_reviews(document: object) -> list[Node]:
    """Return the ClaimReview items at any depth of a JSON-LD document, in document order.

    Raises:
        InvalidBody: The document has none.
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

    Each item counts as a line, and line numbers always increase. In feeds, null stands for a deleted review, so null
    is skipped after the first document.
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


def clean(text: str) -> str:
    """Return a text without markup, entities and repeated blanks.

    >>> clean("<p>Fish &amp; chips</p> are  1 &lt; 2")
    'Fish & chips are 1 < 2'
    """
    return " ".join(_NOT_TEXT.sub("", html.unescape(_TAG.sub(" ", text))).split())


def _objects(document: object) -> Iterator[Members]:
    """Yield all objects of a document in order."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += reversed(list(value.values()))
        elif isinstance(value, list):
            waiting += reversed(value)


def _flatten(value: object) -> Iterator[object]:
    """Yield the items of a JSON-LD value, including those of nested lists and sets."""
    if isinstance(value, list):
        for item in value:
            yield from _flatten(item)
    elif isinstance(value, dict):
        wrapped = next((value[name] for name in ("@value", "@list", "@set") if name in value), value)
        if wrapped is value:
            yield value
        else:
            yield from _flatten(wrapped)
    elif value is not None:
        yield value
