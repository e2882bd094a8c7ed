"""Scores in words: a record, never a judgement of character, with no more digits than the interval supports. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from math import floor
from typing import Protocol

from service.claims.views import ListedClaim
from service.methods.reliability import RATED_FROM, Reliability
from service.outlets.find import OutletView
from service.scores.describe import RelayScore, Score, ScoreRecord
from service.scores.explain import ClaimContribution
from service.scores.trends import TrendPoint
from service.values.instants import format_instant, parse_instant
from service.values.vocabulary import ClaimStatus, OutletKind, Verdict

VERDICT_ADJECTIVES: Mapping[Verdict, str] = {
    Verdict.TRUE: "true",
    Verdict.FALSE: "false",
    Verdict.PARTIAL: "partly true",
    Verdict.VOID: "void",
    Verdict.UNVERIFIABLE: "unverifiable",
}
"""The verdicts in filters and titles of lists."""
NOT_RANKED = f"Not ranked yet (fewer than {RATED_FROM} results)"

_SPACE = "\N{NO-BREAK SPACE}"
_COMMITMENTS = {
    4: "reported as done",
    3: "said to be close",
    2: "said to be under way",
    1: "a rumour or interest",
    None: "not known how far it went",
}
_VERDICTS = {
    "true": "proved true",
    "false": "proved false",
    "partial": "proved partly true",
    "void": "void",
    "unverifiable": "cannot be verified",
}
_HEADINGS = {
    "true": "True",
    "false": "False",
    "partial": "Partly true",
    "void": "Void",
    "unverifiable": "Cannot be verified",
}
_STANCES = {"support": "supported it", "deny": "denied it", "query": "asked", "comment": "mentioned it"}
_BASES = {"matured": "only claims past any due date", "resolved": "all resolved claims"}


class Estimated(Protocol):
    """A record with its estimate."""

    @property
    def reliability(self) -> Reliability | None: ...
    @property
    def record(self) -> ScoreRecord: ...


def percent(share: float) -> str:
    """Format a share in whole per cent, but never as 0 or 100.

    >>> percent(0.714), percent(0.999), percent(0.001)
    ('71', '>99', '<1')
    """
    whole = floor(100 * share + 0.5)
    return ">99" if whole >= 100 else "<1" if whole <= 0 else str(whole)


def number(value: float) -> str:
    """Format a count, or a sum of parts of claims: below ten to one decimal, else as a whole number.

    >>> number(6987), number(62.1), number(10.5), number(0.6), number(3.0)
    ('6,987', '62', '11', '0.6', '3')
    """
    tenths = floor(10 * value + 0.5) / 10
    return f"{tenths:.1f}" if tenths < 10 and tenths % 1 else f"{floor(value + 0.5):,}"


def points(value: float) -> str:
    """Format a change in percentage points.

    >>> points(17.6), points(1.2), points(0.2)
    ('+18 points', '+1 point', '0 points')
    """
    whole = round(value)
    sign = "+" if whole > 0 else "\N{MINUS SIGN}" if whole < 0 else ""
    return f"{sign}{abs(whole)} {'point' if abs(whole) == 1 else 'points'}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Format a count with its noun.

    >>> plural(1, "claim"), plural(1200, "claim")
    ('1 claim', '1,200 claims')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def enumeration(names: Sequence[str]) -> str:
    """Join names with commas and "and".

    >>> enumeration(["A", "B"]), enumeration(["A", "B", "C"])
    ('A and B', 'A, B and C')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def day(moment: dt.datetime | str) -> str:
    """Format a day in UTC.

    >>> day("2024-06-02T00:00:00Z").replace(_SPACE, " ")
    '2 Jun 2024'
    """
    found = as_moment(moment)
    return f"{found.day}{_SPACE}{found:%b}{_SPACE}{found.year}"


def minute(moment: dt.datetime | str) -> str:
    """Format an instant to the minute, in UTC."""
    return f"{day(moment)}, {as_moment(moment):%H:%M}{_SPACE}UTC"


def domain(shown: str | dict[str, str | None]) -> str:
    """Format a domain with the days on which its outlet has it, if it is limited to a period."""
    if isinstance(shown, str):
        return shown
    limits = [f"{word} {day(moment)}" for word, moment in (("from", shown["from"]), ("until", shown["to"])) if moment]
    return f"{shown['domain']} ({', '.join(limits)})"


def instant(moment: dt.datetime | str) -> str:
    """Format an instant as the API does."""
    return format_instant(as_moment(moment))


def as_moment(moment: dt.datetime | str) -> dt.datetime:
    """Return an instant that may be formatted already."""
    return parse_instant(moment) if isinstance(moment, str) else moment


def outcome(claim: ListedClaim) -> str:
    """Describe the outcome of a claim in a list: its verdict, or its status without one."""
    if claim.resolution is not None and claim.resolution.verdict is not None:
        return _VERDICTS[claim.resolution.verdict]
    return {ClaimStatus.OPINION: "an opinion", ClaimStatus.DUE: "due"}.get(claim.status, "open")


def sentence(score: Score, outlet: OutletView) -> str:
    """Describe the score of an outlet with its interval."""
    if not outlet.scorable:
        return "A placeholder for reports whose publisher is not known. It is never scored."
    found, record, name = score.reliability, score.record, outlet.name
    about = f"on {score.topic} " if score.topic else ""
    if found is None:
        return f"No results yet: none of {name}'s own claims {about}has been decided."
    if score.status == "provisional":
        return f"{against_average(record)} {NOT_RANKED}."
    said = (
        f"The estimated reliability of {name} {about}is {percent(found.mean)}{_SPACE}%; with "
        f"{100 * found.level:g}{_SPACE}% probability, it is between {percent(found.lower)} and "
        f"{percent(found.upper)}{_SPACE}%."
    )
    return f"{against_average(record)} {said}"


def record_lines(score: Score, outlet: OutletView) -> list[str]:
    """Describe a score on a card: the record, and below it the estimate, or that there is none yet (R17a)."""
    if not outlet.scorable or not score.record.resolved:
        return [sentence(score, outlet)]
    if (found := rated(score)) is None:
        return [against_average(score.record), NOT_RANKED]
    interval = f"{percent(found.lower)}\N{EN DASH}{percent(found.upper)}"
    level = f"{100 * found.level:g}{_SPACE}% interval"
    return [
        against_average(score.record),
        f"Estimated reliability: {percent(found.mean)}{_SPACE}% ({level}: {interval})",
    ]


def badge(score: Score) -> str:
    """Describe a score in a few words, the record first."""
    record, found = score.record, rated(score)
    if not record.resolved:
        return "no results yet"
    said = f"right on {number(record.right)} of {number(record.resolved)}"
    if found is None:
        return f"{said}, not ranked yet"
    return (
        f"{said}; reliability {percent(found.mean)}{_SPACE}% ({percent(found.lower)}\N{EN DASH}{percent(found.upper)})"
    )


def record_in_short(score: Score) -> str:
    """Describe a record on one line: "Right on 4 of 11; an average outlet about 4"."""
    record = score.record
    counts = f"Right on {number(record.right)} of {number(record.resolved)}"
    return f"{counts}; an average outlet about {number(record.expected)}" if record.resolved else "No results yet"


def rated(one: Estimated | RelayScore) -> Reliability | None:
    """Return the estimate that pages show: none below 20 resolved claims (R17a)."""
    resolved = one.resolved if isinstance(one, RelayScore) else one.record.resolved
    return one.reliability if resolved >= RATED_FROM else None


def surprise(claim: ClaimContribution) -> str:
    """Describe how a report on a claim came out, and how many outlets are right on such claims."""
    return f"{came_out(claim)}; an average outlet is right on {percent(claim.expected)}{_SPACE}% of such claims"


def came_out(claim: ClaimContribution) -> str:
    """Describe how a report on a claim came out."""
    partly = f"Partly right ({percent(claim.right)}{_SPACE}%)"
    return "Right" if claim.right == 1 else "Wrong" if claim.right == 0 else partly


def against_average(record: ScoreRecord) -> str:
    """Compare a record with that of an average outlet on the same claims."""
    return (
        f"Right on {number(record.right)} of {plural(record.resolved, 'resolved claim')}; "
        f"an average outlet would have been right on {number(record.expected)} of the same claims."
    )


def trend_sentence(trend: list[TrendPoint]) -> str:
    """Describe the change of an estimate within a year."""
    known = [point.mean for point in trend if point.mean is not None]
    if not known:
        return "No estimate yet"
    first, last = percent(known[0]), percent(known[-1])
    return f"{last}{_SPACE}% all year" if first == last else f"From {first} to {last}{_SPACE}% within the year"


def change(trend: list[TrendPoint]) -> float:
    """Return the change of an estimate within a year; 0 without any."""
    known = [point.mean for point in trend if point.mean is not None]
    return known[-1] - known[0] if known else 0.0


def has_moved(trend: list[TrendPoint]) -> bool:
    """Return whether an estimate moved within a year, in whole per cent."""
    return len({percent(point.mean) for point in trend if point.mean is not None}) > 1


def contact(uri: str) -> str:
    """Format a contact without its scheme.

    >>> contact("mailto:desk@example.org"), contact("https://example.org/contact")
    ('desk@example.org', 'example.org/contact')
    """
    return uri.removeprefix("mailto:").removeprefix("tel:").removeprefix("https://")


FILTERS: Mapping[str, Callable[..., object]] = {
    "percent": percent,
    "number": number,
    "plural": plural,
    "enumeration": enumeration,
    "points": points,
    "day": day,
    "minute": minute,
    "instant": instant,
    "domain": domain,
    "contact": contact,
    "rated": rated,
    "commitment": lambda level: _COMMITMENTS[level],
    "outcome": outcome,
    "verdict_heading": lambda verdict: _HEADINGS[verdict],
    "verdict": lambda verdict: _VERDICTS[verdict],
    "stance": lambda stance: _STANCES[stance],
    "basis": lambda basis: _BASES[basis],
}
KINDS = tuple(OutletKind)
