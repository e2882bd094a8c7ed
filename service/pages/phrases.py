"""Describe scores, verdicts and stances in words, without judging an outlet's character. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from service.claims.views import ListedClaim
from service.methods.rating import Reliability
from service.methods.reliability import RATED_FROM
from service.outlets.describe import OutletView
from service.pages.formats import (
    contact,
    day,
    domain,
    enumeration,
    instant,
    minute,
    number,
    percent,
    plural,
    points,
)
from service.scores.contributions import ClaimContribution
from service.scores.score import RelayScore, Score, ScoreRecord
from service.scores.trends import TrendPoint
from service.values.vocabulary import ClaimStatus, OutletKind, Verdict

VERDICT_ADJECTIVES: Mapping[Verdict, str] = {
    Verdict.TRUE: "true",
    Verdict.FALSE: "false",
    Verdict.PARTIAL: "partly true",
    Verdict.VOID: "void",
    Verdict.UNVERIFIABLE: "unverifiable",
}
"""The words for verdicts in the filters and titles of lists."""
NOT_RANKED = f"Not ranked yet (fewer than {RATED_FROM} results)"

_SPACE = "\N{NO-BREAK SPACE}"
_COMMITMENTS = {
    4: "reported as done",
    3: "reported as nearly done",
    2: "reported as under way",
    1: "reported as a rumour or interest",
    None: "certainty not known",
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
_STANCES = {"support": "supported it", "deny": "denied it", "query": "asked about it", "comment": "mentioned it"}
_BASES = {"matured": "only claims past any due date", "resolved": "all resolved claims"}


class Estimated(Protocol):
    """An object that has an outlet's record and, if there is one, its estimated reliability."""

    @property
    def reliability(self) -> Reliability | None: ...
    @property
    def record(self) -> ScoreRecord: ...


def outcome(claim: ListedClaim) -> str:
    """Describe the outcome of a claim in a list: its verdict or, if it has none, its status."""
    if claim.resolution is not None and claim.resolution.verdict is not None:
        return _VERDICTS[claim.resolution.verdict]
    return {ClaimStatus.OPINION: "an opinion", ClaimStatus.DUE: "due"}.get(claim.status, "open")


def sentence(score: Score, outlet: OutletView) -> str:
    """Describe an outlet's score in sentences: the record and, unless it is provisional, the estimate."""
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
    """Describe a score in one or two lines: the record, and the estimate or `Not ranked yet` (R17a)."""
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
    """Describe a score in a few words for a badge, with the record first."""
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
    """Return the estimate that pages may show; None below 20 resolved claims (R17a)."""
    resolved = one.resolved if isinstance(one, RelayScore) else one.record.resolved
    return one.reliability if resolved >= RATED_FROM else None


def surprise(claim: ClaimContribution) -> str:
    """Describe whether an outlet was right on a claim, and how often an average one is on such claims."""
    return f"{came_out(claim)}; an average outlet is right on {percent(claim.expected)}{_SPACE}% of such claims"


def came_out(claim: ClaimContribution) -> str:
    """Describe whether an outlet was right, wrong or partly right on a claim."""
    partly = f"Partly right ({percent(claim.right)}{_SPACE}%)"
    return "Right" if claim.right == 1 else "Wrong" if claim.right == 0 else partly


def against_average(record: ScoreRecord) -> str:
    """Compare a record with that of an average outlet on the same claims."""
    return (
        f"Right on {number(record.right)} of {plural(record.resolved, 'resolved claim')}; "
        f"an average outlet would have been right on {number(record.expected)} of the same claims."
    )


def trend_sentence(trend: list[TrendPoint]) -> str:
    """Describe how an estimate changed over the past year."""
    known = [point.mean for point in trend if point.mean is not None]
    if not known:
        return "No estimate yet"
    first, last = percent(known[0]), percent(known[-1])
    return f"{last}{_SPACE}% all year" if first == last else f"From {first} to {last}{_SPACE}% within the year"


def change(trend: list[TrendPoint]) -> float:
    """Return the change of an estimate over the past year; 0 if there was no estimate."""
    known = [point.mean for point in trend if point.mean is not None]
    return known[-1] - known[0] if known else 0.0


def has_moved(trend: list[TrendPoint]) -> bool:
    """Return whether an estimate changed over the past year, rounded to whole percent."""
    return len({percent(point.mean) for point in trend if point.mean is not None}) > 1


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
