"""Training data for the learner: as flat lines, and as claims that are read without the service."""

from __future__ import annotations

import datetime as dt
import random
from itertools import groupby

from service.methods.forecast import ForecastClaim, ForecastReport
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
