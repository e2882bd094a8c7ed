"""Topics: paths of names, such as `football/transfers`, in one normal form (R21b). Pure."""

from __future__ import annotations

import unicodedata

from service.values.names import fold

MAX_NAMES = 5
"""The maximum number of names in the path of a topic."""
TOPIC_NAME_LENGTH = 100
TOPIC_LENGTH = MAX_NAMES * (TOPIC_NAME_LENGTH + 1) - 1


def topic_path(text: str) -> str:
    """Return the normal form of a topic, which ignores case, width and spacing.

    Raises:
        ValueError: A name is empty, too long, `.` or `..`, or there are too many names.

    >>> topic_path("  Football /  Transfer   News ")
    'football/transfer news'
    """
    # Normalise before splitting, because NFKC turns some characters into a slash.
    names = [fold(part) for part in unicodedata.normalize("NFKC", text).split("/")]
    if "" in names:
        raise ValueError("A name in the path is empty. Write a topic as names separated by /, such as a/b.")
    if len(names) > MAX_NAMES:
        raise ValueError(f"The path has {len(names)} names, and a topic has at most {MAX_NAMES}.")
    if any(len(name) > TOPIC_NAME_LENGTH for name in names):
        raise ValueError(f"A name in the path is longer than {TOPIC_NAME_LENGTH} characters.")
    if not {".", ".."}.isdisjoint(names):
        raise ValueError("A name in the path is . or .., which has a special meaning in URLs.")
    return "/".join(names)


def lineage(topic: str) -> list[str]:
    """Return a topic and the topics above it, widest first.

    >>> lineage("football/transfers")
    ['football', 'football/transfers']
    """
    names = topic.split("/")
    return ["/".join(names[:depth]) for depth in range(1, len(names) + 1)]


def is_within(topic: str | None, scope: str) -> bool:
    """Return whether a topic equals another topic or is below it.

    >>> is_within("football/transfers", "football"), is_within("football-betting", "football")
    (True, False)
    """
    return topic is not None and (topic == scope or topic.startswith(f"{scope}/"))


def moved_topic(topic: str, source: str, into: str) -> str:
    """Return a topic after another was renamed; unchanged if it is neither that topic nor below it.

    >>> moved_topic("football/transfers", "football", "sport/soccer"), moved_topic("rugby", "football", "soccer")
    ('sport/soccer/transfers', 'rugby')
    """
    return into + topic[len(source) :] if is_within(topic, source) else topic
