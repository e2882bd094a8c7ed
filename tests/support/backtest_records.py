"""Records for the backtest, and how far off predictions of them were."""

from __future__ import annotations

import json
from pathlib import Path

from service.backtest import read_records
from service.backtest.protocol import run
from service.methods.calibration import Outcome, log_loss

SAMPLE = Path(__file__).parents[1] / "data" / "polls_sample.ndjson"


def read(lines):
    return read_records(enumerate(lines, 1))


def records_of(path):
    return read([json.loads(line) for line in path.read_text().splitlines()])


def losses(records, method, *, burn=0.3):
    """Log loss on reports and on claims."""
    made = run(records, [method])
    return [loss_of(level, burn) for level in (made.reports, made.claims)]


def loss_of(predictions, burn=0.3, method=0):
    return log_loss(outcomes_of(predictions, burn, method))


def outcomes_of(predictions, burn=0.3, method=0):
    judged = predictions[int(len(predictions) * burn) :]
    return [Outcome(made.probabilities[method], made.proved) for made in judged]


def line(outlet="bild", claim="c", published_at="2024-01-01", **given):
    return {"outlet": outlet, "claim_id": claim, "published_at": published_at, **given}
