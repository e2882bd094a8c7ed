"""Read the records of a backtest from the lines of a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Required, TypedDict

from service.backtest.records import Record
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
"""The maximum number of rivals in a record."""


class BadRecord(ValueError):
    """An invalid line in a file of records."""


class RecordLine(TypedDict, total=False):
    """A line of a file of records. A line whose members have other types is rejected."""

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
    """Members that only some data sets have, such as `strength`."""


def read_records(lines: Iterable[tuple[int, RecordLine]]) -> list[Record]:
    """Return the records of a file, given its numbered lines.

    If no line has `published_at`, each line counts as one day, and each claim is resolved half a day after its
    first report.

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
    """Return the commitment level in a line; some data sets call it `x.strength`."""
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
