"""Read the members of JSON-LD objects in the forms that JSON-LD allows."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Members: TypeAlias = Mapping[str, object]


_PREFIX = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:|sdo:)")


_SPELLINGS = ("", "http://schema.org/", "https://schema.org/", "schema:", "sdo:")


_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)


_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


_URL = re.compile(r"https?://[^\s/?#]+[^\s\x7f]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Node:
    """An object of a JSON-LD document. Its members are found with or without the prefix of schema.org."""

    members: Members
    index: Mapping[str, Members]
    """The objects of the document by `@id`."""

    @property
    def types(self) -> set[str]:
        """The types of the object without the prefix of schema.org, such as `ClaimReview`."""
        return {_PREFIX.sub("", name) for name in _flatten(self.members.get("@type")) if isinstance(name, str)}

    def values(self, *names: str) -> list[object]:
        """Return the values of the named members, except null.

        A reference by `@id` is replaced with the object that it refers to.
        """
        given = (self.members.get(prefix + name) for name in names for prefix in _SPELLINGS)
        return [self._look_up(value) for each in given for value in _flatten(each)]

    def nodes(self, *names: str) -> list[Node]:
        """Return the objects among the values of the named members."""
        return [Node(value, self.index) for value in self.values(*names) if isinstance(value, dict)]

    def texts(self, *names: str) -> list[str]:
        """Return the texts and numbers among the values of the named members, without markup."""
        plain = (value for value in self.values(*names) if isinstance(value, str | int | float))
        return [text for value in plain if (text := clean(str(value)))]

    def text(self, *names: str) -> str | None:
        """Return the first text among the values of the named members; None if there is none."""
        return next(iter(self.texts(*names)), None)

    def urls(self, *names: str) -> list[str]:
        """Return the web addresses among the values of the named members; for an object, its first address."""
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


def clean(text: str) -> str:
    """Return a text without markup, with decoded entities and single blanks.

    >>> clean("<p>Fish &amp; chips</p> are  1 &lt; 2")
    'Fish & chips are 1 < 2'
    """
    return " ".join(_NOT_TEXT.sub("", html.unescape(_TAG.sub(" ", text))).split())


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
