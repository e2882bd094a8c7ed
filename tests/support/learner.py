"""What the learner is taught in tests: by flat lines, and by the same claims read without the service."""

from __future__ import annotations

import datetime as dt
import random
from itertools import groupby

from service.methods.forecast import ForecastClaim, ForecastReport
from service.values.vocabulary import ClaimKind, Stance

STANCES = {"asserts": Stance.SUPPORT, "denies": Stance.DENY, "mentions": Stance.COMMENT}


def outcomes():
    """Lines on claims of two topics by ten outlets of uneven quality; the last of the claims are still open."""
    rng = random.Random(20261122)  # noqa: S311 - to be the same every time
    made = []
    for number in range(75):
        true, published = rng.random() < 0.4, dt.date(2024, 1, 1) + dt.timedelta(days=3 * number)
        is_open = number >= 60
        for outlet in rng.sample(range(10), rng.randint(1, 6)):
            right = rng.random() < 0.5 + outlet / 22
            stance = rng.choice(["mentions", *["asserts" if true is right else "denies"] * 3])
            made.append(
                {
                    "outlet": f"Paper {outlet}",
                    "claim_id": f"claim {number}",
                    "claim": f"Claim {number}.",
                    "stance": stance,
                    "commitment": rng.choice([None, 1, 2, 3, 4]),
                    "probability": rng.choice([None, None, 0.2, 0.7]),
                    "published_at": str(published + dt.timedelta(days=rng.randint(0, 9))),
                    "topic": "ab"[number % 2],
                    "outcome": None if is_open else true,
                    "resolved_at": None if is_open else str(published + dt.timedelta(days=20)),
                }
            )
    return made


def told(lines):
    """The claims of the file with their reports, as the learner wants them, read without the service."""
    ordered = sorted(enumerate(lines), key=lambda line: (line[1]["claim_id"], line[1]["published_at"], line[0]))
    for key, group in groupby((line for _, line in ordered), key=lambda line: line["claim_id"]):
        of_claim = list(group)
        reports = [
            ForecastReport(
                line["outlet"],
                STANCES[line["stance"]],
                day(line["published_at"]),
                line["commitment"],
                line["probability"],
            )
            for line in of_claim
        ]
        yield ForecastClaim(key, ClaimKind.FACT, of_claim[0]["topic"]), reports, of_claim[0]


def day(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
