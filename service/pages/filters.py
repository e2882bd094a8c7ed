"""The filters of a list as chips. Each chip links to the list without its filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from service.values.vocabulary import OutletKind

KINDS_IN_WORDS: Mapping[OutletKind, str] = {
    OutletKind.NEWSPAPER: "newspapers",
    OutletKind.BROADCASTER: "broadcasters",
    OutletKind.AGENCY: "news agencies",
    OutletKind.WEBSITE: "websites",
    OutletKind.AGGREGATOR: "aggregators",
    OutletKind.ACCOUNT: "accounts",
    OutletKind.JOURNALIST: "journalists",
    OutletKind.ORGANISATION: "organisations",
}
"""The plural of each kind, for titles and chips."""


@dataclass(frozen=True, slots=True)
class Chip:
    """The label of an active filter, with a link that removes the filter."""

    words: str
    address: str
    """The address of the list without the filter."""


def chips(path: str, question: Mapping[str, str], words: Mapping[str, str]) -> list[Chip]:
    """Return a chip for each active filter of a list.

    Args:
        path: The path of the list.
        question: The query of the list.
        words: The text of each chip by its query parameter, in the order of the chips.
    """
    return [
        Chip(text, address(path, {key: value for key, value in question.items() if key != name}))
        for name, text in words.items()
    ]


def address(path: str, question: Mapping[str, object]) -> str:
    """Return a path with a query string, or only the path if there are no parameters."""
    return f"{path}?{urlencode(question)}" if question else path


def capitalised(title: str) -> str:
    """Return a title with a capital first letter."""
    return title[:1].upper() + title[1:]
