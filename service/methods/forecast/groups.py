"""The share of groups of rival claims in which one claim proved true."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from math import fsum
from typing import NamedTuple

from service.methods.forecast.records import Known, Resolved
from service.methods.rates import UNIT

TOPIC_WEIGHT = 5.0
"""The weight, in groups, of all groups' rate in the rate of a topic."""
MOST = 0.999
"""The largest rate, because it is always possible that no claim of a group is true."""


class Member(NamedTuple):
    """A claim in a group of rival claims, with its truth and the dates that settle the group."""

    topic: str | None
    truth: float | None
    """The extent to which the claim proved true, 0..1; None while it is open."""
    opened_at: dt.datetime | None
    """The moment at which its first report was published; None without reports."""
    due: dt.datetime | None
    """The moment at which its outcome is learned; None for an open claim without a deadline."""

    @classmethod
    def of(cls, known: Known) -> Member:
        """Return a claim as a member of its group."""
        opened_at = known.reports[0].published_at if known.reports else None
        if isinstance(known, Resolved):
            return cls(known.claim.topic, known.truth, opened_at, known.learned_at)
        return cls(known.claim.topic, None, opened_at, known.claim.resolves_by)


class GroupCount(NamedTuple):
    """The number of settled groups on a topic, and of those in which one claim proved true."""

    topic: str | None
    """None for groups without a topic or with several."""
    groups: int
    true: float


def count_groups(groups: Iterable[Sequence[Member]], *, until: dt.datetime) -> tuple[GroupCount, ...]:
    """Return the counts of settled groups of two or more claims, by topic.

    A group is settled if one claim is true, or if all are resolved. It counts once all its claims are due; otherwise
    groups with a true claim would count earlier than groups without one.

    Args:
        groups: The groups.
        until: Only groups that were settled by this moment are counted.
    """
    number: Counter[str | None] = Counter()
    true: Counter[str | None] = Counter()
    for members in groups:
        settled_at = _settled_at(members)
        if settled_at is not None and settled_at <= until:
            topic = topic_of(member.topic for member in members)
            number[topic] += 1
            true[topic] += round(min(_truth(members), 1.0) * UNIT)
    topics = sorted(number, key=lambda topic: topic or "")
    return tuple(GroupCount(topic, number[topic], true[topic] / UNIT) for topic in topics)


def _truth(members: Collection[Member]) -> float:
    return fsum(member.truth for member in members if member.truth is not None)


def _settled_at(members: Collection[Member]) -> dt.datetime | None:
    if len(members) < 2 or (_truth(members) < 1 and any(member.truth is None for member in members)):
        return None
    opened = sorted(member.opened_at for member in members if member.opened_at is not None)
    return max([member.due for member in members if member.due is not None] + opened[1:2])


def topic_of(topics: Iterable[str | None]) -> str | None:
    """Return the topic that all claims of a group share, or None if they have several."""
    found = set(topics)
    return found.pop() if len(found) == 1 else None


def group_rate(counts: Iterable[GroupCount], topic: str | None) -> float:
    """Return the chance, between 0 and 1, that one claim of a group on a topic proves true.

    >>> group_rate([GroupCount("cup", 8, 6), GroupCount(None, 10, 3)], "cup")
    0.6538461538461539
    """
    found = list(counts)
    overall = (fsum(count.true for count in found) + 1) / (sum(count.groups for count in found) + 2)
    own = [count for count in found if topic is not None and count.topic == topic]
    groups, true = (own[0].groups, own[0].true) if own else (0, 0.0)
    return min((true + TOPIC_WEIGHT * overall) / (groups + TOPIC_WEIGHT), MOST)


def rivals_before(opened: Sequence[dt.datetime], own: dt.datetime, moment: dt.datetime) -> int:
    """Return the number of other claims of a group that were opened before a moment.

    Args:
        opened: The moments at which all claims of the group were opened, sorted.
        own: The moment at which the claim itself was opened.
        moment: The moment before which the rivals are counted.
    """
    return bisect_left(opened, moment) - (own < moment)
