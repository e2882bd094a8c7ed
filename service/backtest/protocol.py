"""Records in time order: every method predicts each before it learns how the claim came out.

Reports published at one instant are predicted before any of them is seen, resolutions at the instant of a report
are learned after it, and a report that comes after its claim is resolved is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple, Protocol
from zlib import crc32

from service.values.vocabulary import Stance

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STANCES = {stance.value: stance for stance in Stance} | {
    "asserts": Stance.SUPPORT,
    "denies": Stance.DENY,
    "mentions": Stance.COMMENT,
}
_OUTCOMES = {None: None, "": None, True: 1.0, False: 0.0, "true": 1.0, "false": 0.0}


class BadRecord(ValueError):
    """A record that cannot be read."""


class Record(NamedTuple):
    """One report with its claim, and its outcome if there is one."""

    outlet: str
    claim: str
    stance: Stance
    topic: str | None
    commitment: int | None
    probability: float | None
    published_at: dt.datetime
    resolved_at: dt.datetime | None
    """None while it is open; else not before `published_at`."""
    proved: bool
    """Whether the claim proved more true than not."""


class Method(Protocol):
    """What is judged. It may look at the records it is given, but for `resolved_at` and `proved`."""

    def predict(self, reports: Sequence[Record]) -> float:
        """The probability that a claim is true, by its reports so far, the latest last."""

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        """Take in how a claim came out."""


class Prediction(NamedTuple):
    """What every method made of a report, or of a claim when it was resolved."""

    record: Record
    """The report, or the claim's last."""
    proved: bool
    probabilities: tuple[float, ...]


class Resolution(NamedTuple):
    """A claim that is resolved, with its reports until then."""

    reports: list[Record]
    proved: bool
    known_at: dt.datetime


class Run(NamedTuple):
    """What was predicted and what was learned, in order."""

    reports: list[Prediction]
    claims: list[Prediction]
    resolutions: list[Resolution]


def read_records(lines: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Record]:
    """The records of a file, from its lines with their numbers.

    Where no report has a time, the order of the file is the time, and a claim is resolved by its first report.

    Raises:
        BadRecord: A line does not say what it must, or some say when they were published and others do not.
    """
    given = list(lines)
    ordered = all(line.get("published_at") is None for _, line in given)
    records = []
    for number, line in given:
        try:
            records.append(_record(line, _EPOCH + dt.timedelta(days=number) if ordered else None))
        except (KeyError, TypeError, ValueError, OverflowError) as exc:
            raise BadRecord(f"Line {number} cannot be read: {exc!r}.") from exc
    return records


def _record(line: Mapping[str, Any], place: dt.datetime | None) -> Record:
    published_at = place or _moment(line["published_at"])
    truth = _truth(line.get("outcome"))
    if place:
        resolved_at = published_at + dt.timedelta(hours=12)
    else:
        resolved_at = max(_moment(line.get("resolved_at") or line["published_at"]), published_at)
    return Record(
        outlet=str(line["outlet"]),
        claim=str(line["claim_id"]),
        stance=_STANCES[line.get("stance") or Stance.SUPPORT],
        topic=None if line.get("topic") is None else str(line["topic"]),
        commitment=_commitment(line),
        probability=_share(line.get("probability")),
        published_at=published_at,
        resolved_at=None if truth is None else resolved_at,
        proved=truth is not None and truth >= 0.5,
    )


def _commitment(line: Mapping[str, Any]) -> int | None:
    """How strongly it is said, also where a data set has that."""
    theirs = line.get("x")
    commitment = line.get("commitment") or (theirs.get("strength") if isinstance(theirs, dict) else None)
    if commitment not in (None, 1, 2, 3, 4):
        raise ValueError(f"{commitment!r} is no commitment from 1 to 4")
    return commitment


def _truth(outcome: Any) -> float | None:
    return _OUTCOMES[outcome] if outcome in _OUTCOMES else _share(float(outcome))


def _share(value: Any) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r} is no number from 0 to 1")
    return float(value)


def _moment(text: str) -> dt.datetime:
    """An instant or a date; without a zone it is UTC."""
    moment = dt.datetime.fromisoformat(text)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


class _Truths(NamedTuple):
    """When claims were resolved, and which proved true."""

    known_at: dict[str, dt.datetime]
    proved: dict[str, bool]


def run(records: Sequence[Record], methods: Sequence[Method]) -> Run:
    """Let every method predict every report and every resolved claim, and learn as time goes by."""
    truths = _truths(records)
    seen: dict[str, list[Record]] = {}
    made = Run([], [], [])
    for _, events in groupby(_events(records, truths), key=lambda event: event[:2]):
        things = [event[3] for event in events]
        reports = [thing for thing in things if isinstance(thing, Record)]
        _predict_reports(reports, seen, methods, truths, made)
        for report in reports:
            seen.setdefault(report.claim, []).append(report)
        claims = [thing for thing in things if isinstance(thing, str)]
        for claim in claims:
            probabilities = tuple(method.predict(seen[claim]) for method in methods)
            made.claims.append(Prediction(seen[claim][-1], truths.proved[claim], probabilities))
        for claim in claims:
            made.resolutions.append(Resolution(seen[claim], truths.proved[claim], truths.known_at[claim]))
            for method in methods:
                method.learn(seen[claim], proved=truths.proved[claim], known_at=truths.known_at[claim])
    return made


def _predict_reports(
    reports: Iterable[Record],
    seen: Mapping[str, list[Record]],
    methods: Sequence[Method],
    truths: _Truths,
    made: Run,
) -> None:
    for report in reports:
        if report.claim in truths.proved:
            known = [*seen.get(report.claim, ()), report]
            probabilities = tuple(method.predict(known) for method in methods)
            made.reports.append(Prediction(report, truths.proved[report.claim], probabilities))


def _truths(records: Sequence[Record]) -> _Truths:
    """A claim is resolved once, when it first is."""
    known_at: dict[str, dt.datetime] = {}
    proved: dict[str, bool] = {}
    for record in records:
        moment = record.resolved_at
        if moment is not None and (record.claim not in known_at or moment < known_at[record.claim]):
            known_at[record.claim], proved[record.claim] = moment, record.proved
    return _Truths(known_at, proved)


def _events(records: Sequence[Record], truths: _Truths) -> Iterator[tuple[dt.datetime, int, int, Record | str]]:
    """Reports and resolutions in time order; resolutions of one instant in an order that no file decides."""
    events: list[tuple[dt.datetime, int, int, Record | str]] = [
        (record.published_at, 0, number, record)
        for number, record in enumerate(records)
        if record.claim not in truths.known_at or record.published_at <= truths.known_at[record.claim]
    ]
    events += [(moment, 1, crc32(claim.encode()), claim) for claim, moment in truths.known_at.items()]
    return iter(sorted(events, key=lambda event: (*event[:3], event[3] if isinstance(event[3], str) else "")))
