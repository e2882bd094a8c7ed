"""borneout backtest"""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from service.backtest import METHODS, backtest
from service.cli import main
from tests.support.backtest_records import SAMPLE, line, records_of


def test_command(tmp_path):
    """
    `borneout backtest` prints a table of every method, and the coverage.
    """
    result = CliRunner().invoke(main, ["backtest", str(first(tmp_path, 120))])

    assert 0 == result.exit_code
    assert "forecast/2" in result.stdout
    assert "Coverage of the 90% intervals" in result.stdout
    assert list(METHODS) == [name for name in METHODS if name in result.stdout]


def test_command_as_json(tmp_path):
    """
    `--json` prints the figures, `--predictions` writes the predictions, and `--burn 0` judges everything.
    """
    out = tmp_path / "predictions.ndjson"
    path = first(tmp_path, 120)
    result = CliRunner().invoke(main, ["backtest", str(path), "--json", "--burn", "0", "--predictions", str(out)])
    figures = json.loads(result.stdout)
    lines = [json.loads(text) for text in out.read_text().splitlines()]
    expected = backtest(records_of(path), burn=0)

    assert list(METHODS) == list(figures["methods"])
    assert expected.scores[0].reports.log_loss.value == figures["methods"]["forecast/2"]["reports"]["log_loss"]["value"]
    assert 120 == sum(prediction["level"] == "report" for prediction in lines)
    assert set(METHODS) == set(lines[0]["probabilities"])


@pytest.mark.parametrize("text", ["[1]", "{", '{"outlet": "a"}'])
def test_command_on_a_bad_file(tmp_path, text):
    """
    An invalid line ends the command with a message that has its number.
    """
    path = tmp_path / "bad.ndjson"
    path.write_text(f"{json.dumps(line())}\n\n{text}\n")
    result = CliRunner().invoke(main, ["backtest", str(path)])

    assert (1, True) == (result.exit_code, "Line 3 " in result.stderr)


def first(folder, number):
    """Return a file with the first lines of the sample."""
    path = folder / "first.ndjson"
    path.write_text("".join(f"{text}\n" for text in SAMPLE.read_text().splitlines()[:number]))
    return path
