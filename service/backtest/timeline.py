"""Run methods over records in time order: each claim is predicted before its outcome is learned.

All reports of one instant are predicted before any of them is used. Resolutions at the instant of a report are learned
after it. Reports published after the resolution of their claim are left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from zlib import crc32

from service.backtest.protocol import Method, Prediction, ResolvedClaim, Run, Watching
from service.backtest.records import Record


class _Truths(NamedTuple):
    """The times and the outcomes of the resolved claims, by claim."""

    known_at: dict[str, dt.datetime]
    proved: dict[str, bool]


def run(records: Sequence[Record], methods: Sequence[Method]) -> Run:
    """Run methods in time order: predict each report and each resolved claim, then learn its outcome."""
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
