"""Training data for the learner: as flat lines, and as claims that are read without the service."""

from __future__ import annotations

import datetime as dt
import random
from itertools import groupby
from typing import Any, NamedTuple

from service.methods.forecast import ForecastClaim, ForecastReport, Learner, Resolved
from service.values.vocabulary import ClaimKind, Stance

STANCES = {"asserts": Stance.SUPPORT, "denies": Stance.DENY, "mentions": Stance.COMMENT}
PROBABILITIES = {"asserts": 0.7, "denies": 0.2, "mentions": None}


def outcomes():
    """Return lines on claims of two topics by ten outlets of different quality; the last claims are open."""
    rng = random.Random(20261122)  # noqa: S311 - reproducible
    lines = []
    for number in range(75):
        true, published = rng.random() < 0.4, dt.date(2024, 1, 1) + dt.timedelta(days=3 * number)
        is_open = number >= 60
        for outlet in rng.sample(range(10), rng.randint(1, 6)):
            right = rng.random() < 0.5 + outlet / 22
            stance = rng.choice(["mentions", *["asserts" if true is right else "denies"] * 3])
            lines.append(
                {
                    "outlet": f"Paper {outlet}",
                    "claim_id": f"claim {number}",
                    "claim": f"Claim {number}.",
                    "stance": stance,
                    "commitment": rng.choice([None, 1, 2, 3, 4]),
                    "probability": rng.choice([None, None, PROBABILITIES[stance]]),
                    "published_at": str(published + dt.timedelta(days=rng.randint(0, 9))),
                    "topic": "ab"[number % 2],
                    "outcome": None if is_open else true,
                    "resolved_at": None if is_open else str(published + dt.timedelta(days=20)),
                }
            )
    return lines


def claims_in(lines):
    """Yield the claims of the lines with their reports, as the learner's types, without using the service."""
    ordered = sorted(enumerate(lines), key=lambda line: (line[1]["claim_id"], line[1]["published_at"], line[0]))
    for key, group in groupby((line for _, line in ordered), key=lambda line: line["claim_id"]):
        claim_lines = list(group)
        reports = [
            ForecastReport(
                line["outlet"],
                STANCES[line["stance"]],
                day(line["published_at"]),
                line["commitment"],
                line["probability"],
            )
            for line in claim_lines
        ]
        yield ForecastClaim(key, ClaimKind.FACT, claim_lines[0]["topic"]), reports, claim_lines[0]


def day(text):
    """Return the start of a day."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


class Rival(NamedTuple):
    """A claim of a group, as a line of an import and as the learner's types."""

    line: dict[str, Any]
    claim: ForecastClaim
    reports: list[ForecastReport]
    truth: float | None
    known_at: dt.datetime | None


def rivals():
    """Return claims in groups of one to four, many with deadlines; in most groups one is true, the last are open.

    Some outcomes are known before the deadline, and of these some are not due when the learner is asked, in November
    2026.
    """
    rng = random.Random(20261130)  # noqa: S311 - reproducible
    found = []
    for group in range(45):
        size, start = rng.choice([1, 2, 3, 4]), dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=5 * group)
        winner = rng.choice([*range(size), None])
        due = rng.choice([None, start + dt.timedelta(days=90), start + dt.timedelta(days=40)])
        late = dt.datetime(2027, 1, 1, tzinfo=dt.UTC) if group % 9 == 4 else due
        for place in range(size):
            is_open = group >= 38 or (group % 7 == 3 and place == 0 and winner != 0)
            known_at = None if is_open else start + dt.timedelta(days=30 + 3 * place, hours=2)
            found.append(_rival(rng, f"{group}-{place}", start, (late, known_at), true=place == winner))
    return found


def _rival(rng, key, start, times, *, true):
    group, (due, known_at) = key.partition("-")[0], times
    topic = "ab"[int(group) % 2] if int(group) % 5 else rng.choice("ab")
    reports = []
    for outlet in rng.sample(range(10), rng.randint(1, 4)):
        right = rng.random() < 0.5 + outlet / 22
        stance = rng.choice([Stance.COMMENT, *[Stance.SUPPORT if true is right else Stance.DENY] * 3])
        reports.append(
            ForecastReport(
                outlet=f"Paper {outlet}",
                stance=stance,
                published_at=start + dt.timedelta(hours=rng.randint(0, 400), minutes=outlet),
                commitment=rng.choice([None, 1, 2, 3, 4]),
                probability=rng.choice([None, None, 0.7]) if stance is Stance.SUPPORT else None,
            )
        )
    reports.sort(key=lambda report: report.published_at)
    claim = ForecastClaim(key, ClaimKind.FACT, topic, group=group, resolves_by=due)
    line = {
        "type": "claim",
        "external_id": key,
        "text": f"Claim {key}.",
        "kind": "fact",
        "topic": topic,
        "group": group,
        "resolves_by": None if due is None else due.isoformat(),
        "reports": [_as_line(report) for report in reports],
    }
    if known_at is not None:
        line["resolution"] = {"verdict": "true" if true else "false", "known_at": known_at.isoformat(), "note": "So."}
    return Rival(line, claim, reports, None if known_at is None else float(true), known_at)


def _as_line(report):
    return {
        "outlet": {"name": report.outlet},
        "stance": report.stance.value,
        "published_at": report.published_at.isoformat(),
        "commitment": report.commitment,
        "probability": report.probability,
    }


def taught(known):
    """Return a learner that has seen all rivals and learned their outcomes."""
    learner = Learner()
    for one in known:
        learner.see(one.claim, one.reports)
    for one in sorted((one for one in known if one.known_at is not None), key=lambda one: one.known_at):
        learner.learn(Resolved(one.claim, one.reports, one.truth, one.known_at))
    return learner
