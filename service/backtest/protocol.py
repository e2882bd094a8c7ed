"""Run methods over records in time order: each claim is predicted before its outcome is learned.

All reports of one instant are predicted before any of them is used. Resolutions at the instant of a report are learned
after it. Reports published after the resolution of their claim are left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol, Required, TypedDict, runtime_checkable
from zlib import crc32

from service.values.vocabulary import Stance

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STANCES = {stance.value: stance for stance in Stance} | {
    "asserts": Stance.SUPPORT,
    "denies": Stance.DENY,
    "mentions": Stance.COMMENT,
}
_OUTCOMES: dict[str | float | None, float | None] = {
    None: None,
    "": None,
    True: 1.0,
    False: 0.0,
    "true": 1.0,
    "false": 0.0,
}


MOST_RIVALS = 10_000
"""The largest number of rivals of a claim that a record can state."""


class BadRecord(ValueError):
    """A record that cannot be read."""


class Record(NamedTuple):
    """A report with its claim, and the outcome of the claim if it is resolved."""

    outlet: str
    claim: str
    stance: Stance
    topic: str | None
    commitment: int | None
    probability: float | None
    published_at: dt.datetime
    resolved_at: dt.datetime | None
    """None if the claim is open; otherwise not before `published_at`."""
    proved: bool
    """Whether at least half of the claim proved true."""
    group: str | None = None
    """The group of claims of which at most one can be true; None without one."""
    rivals: int | None = None
    """The number of other claims in the group at that time, if it is stated."""
    resolves_by: dt.datetime | None = None


class RecordLine(TypedDict, total=False):
    """A line of a file of records. A line with other types is rejected."""

    outlet: Required[str]
    claim_id: Required[str]
    stance: str | None
    topic: str | None
    commitment: int | None
    probability: float | None
    published_at: str
    resolved_at: str | None
    outcome: str | float | None
    group: str | None
    rivals: int | None
    resolves_by: str | None
    x: Mapping[str, int] | None
    """The members that only one data set has."""


class Method(Protocol):
    """A method under evaluation. It must not use `resolved_at` and `proved` of the records."""

    def predict(self, reports: Sequence[Record]) -> float:
        """Return the probability that a claim is true, given its reports so far, the latest last."""

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        """Learn the outcome of a claim."""


@runtime_checkable
class Watching(Protocol):
    """A method that also follows open claims and the time."""

    def watch(self, claims: Sequence[Sequence[Record]], *, now: dt.datetime) -> None:
        """Store the time, and the reports so far of each claim that was reported at that time."""


class Prediction(NamedTuple):
    """The predictions of all methods for a report at publication, or for a claim at resolution."""

    record: Record
    """The report, or the last report of the claim."""
    proved: bool
    probabilities: tuple[float, ...]


class ResolvedClaim(NamedTuple):
    """A resolved claim, with its reports up to the resolution."""

    reports: list[Record]
    proved: bool
    known_at: dt.datetime


class Run(NamedTuple):
    """The predictions and the resolved claims of a run, in order."""

    reports: list[Prediction]
    claims: list[Prediction]
    resolutions: list[ResolvedClaim]


def read_records(lines: Iterable[tuple[int, RecordLine]]) -> list[Record]:
    """Return the records of a file, given its numbered lines.

    If no line has `published_at`, the order of the lines is used as time, and each claim is resolved half a day after
    its first report.

    Raises:
        BadRecord: A line is invalid, or only some lines have `published_at`.
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


def _record(line: RecordLine, place: dt.datetime | None) -> Record:
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
        group=None if line.get("group") is None else str(line["group"]),
        rivals=_rivals(line),
        resolves_by=None if line.get("resolves_by") is None else _moment(str(line["resolves_by"])),
    )


def _commitment(line: RecordLine) -> int | None:
    """Return the commitment level, which one data set calls `x.strength`."""
    extra = line.get("x")
    commitment = line.get("commitment") or (extra.get("strength") if isinstance(extra, dict) else None)
    if commitment not in (None, 1, 2, 3, 4):
        raise ValueError(f"{commitment!r} is not a commitment level from 1 to 4")
    return commitment


def _rivals(line: RecordLine) -> int | None:
    rivals = line.get("rivals")
    if rivals is not None and (type(rivals) is not int or not 0 <= rivals <= MOST_RIVALS):
        raise ValueError(f"{rivals!r} is not a number of rivals from 0 to {MOST_RIVALS}")
    return rivals


def _truth(outcome: str | float | None) -> float | None:
    return _OUTCOMES[outcome] if outcome is None or outcome in _OUTCOMES else _share(float(outcome))


def _share(value: float | None) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r} is not a number from 0 to 1")
    return float(value)


def _moment(text: str) -> dt.datetime:
    """Parse an instant or a date; without a time zone, it is UTC."""
    moment = dt.datetime.fromisoformat(text)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


class _Truths(NamedTuple):
    """The times and the outcomes of the resolved claims."""

    known_at: dict[str, dt.datetime]
    proved: dict[str, bool]


def run(records: Sequence[Record], methods: Sequence[Method]) -> Run:
    """Let every method predict every report and every resolved claim, and learn the outcomes, in time order."""
    truths = _truths(records)
    seen: dict[str, list[Record]] = {}
    made = Run([], [], [])
    for (moment, _), events in groupby(_events(records, truths), key=lambda event: event[:2]):
        subjects = [event[3] for event in events]
        reports = [subject for subject in subjects if isinstance(subject, Record)]
        _predict_reports(reports, seen, methods, truths, made)
        for report in reports:
            seen.setdefault(report.claim, []).append(report)
        _watch(methods, [seen[claim] for claim in dict.fromkeys(report.claim for report in reports)], now=moment)
        claims = [subject for subject in subjects if isinstance(subject, str)]
        for claim in claims:
            probabilities = tuple(method.predict(seen[claim]) for method in methods)
            made.claims.append(Prediction(seen[claim][-1], truths.proved[claim], probabilities))
        for claim in claims:
            made.resolutions.append(ResolvedClaim(seen[claim], truths.proved[claim], truths.known_at[claim]))
            for method in methods:
                method.learn(seen[claim], proved=truths.proved[claim], known_at=truths.known_at[claim])
    return made


def _watch(methods: Iterable[Method], claims: Sequence[Sequence[Record]], *, now: dt.datetime) -> None:
    for method in methods:
        if isinstance(method, Watching):
            method.watch(claims, now=now)


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
    """Return the first resolution of each claim."""
    known_at: dict[str, dt.datetime] = {}
    proved: dict[str, bool] = {}
    for record in records:
        moment = record.resolved_at
        if moment is not None and (record.claim not in known_at or moment < known_at[record.claim]):
            known_at[record.claim], proved[record.claim] = moment, record.proved
    return _Truths(known_at, proved)


def _events(records: Sequence[Record], truths: _Truths) -> Iterator[tuple[dt.datetime, int, int, Record | str]]:
    """Return reports and resolutions in time order; resolutions of one instant are in the order of a hash."""
    events: list[tuple[dt.datetime, int, int, Record | str]] = [
        (record.published_at, 0, number, record)
        for number, record in enumerate(records)
        if record.claim not in truths.known_at or record.published_at <= truths.known_at[record.claim]
    ]
    events += [(moment, 1, crc32(claim.encode()), claim) for claim, moment in truths.known_at.items()]
    return iter(sorted(events, key=lambda event: (*event[:3], event[3] if isinstance(event[3], str) else "")))
