"""Records for backtests, and the losses of predictions."""

from __future__ import annotations

import json
from pathlib import Path

from service.backtest import read_records
from service.backtest.timeline import run
from service.methods.scoring import Outcome, log_loss

SAMPLE = Path(__file__).parents[1] / "data" / "polls_sample.ndjson"


def read(lines):
    """Return the records in lines."""
    return read_records(enumerate(lines, 1))


def records_of(path):
    """Return the records in a file."""
    return read([json.loads(line) for line in path.read_text().splitlines()])


def losses(records, method, *, burn=0.3):
    """Return the log loss on reports and on claims."""
    predictions = run(records, [method])
    return [loss_of(level, burn) for level in (predictions.reports, predictions.claims)]


def loss_of(predictions, burn=0.3, method=0):
    """Return the log loss of predictions."""
    return log_loss(outcomes_of(predictions, burn, method))


def outcomes_of(predictions, burn=0.3, method=0):
    """Return the judged predictions with their outcomes."""
    judged = predictions[int(len(predictions) * burn) :]
    return [Outcome(prediction.probabilities[method], prediction.proved) for prediction in judged]


def line(outlet="bild", claim="c", published_at="2024-01-01", **given):
    """Return a flat line."""
    return {"outlet": outlet, "claim_id": claim, "published_at": published_at, **given}
