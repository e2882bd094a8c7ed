"""The README's story, typed word for word."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.live import KEY, running

README = Path(__file__).parents[1] / "README.md"


def test_curl_story(tmp_path):
    """
    The commands of the README, run as they stand there, record a claim, resolve it and read its score on both sides.
    """
    _, story, *_ = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    with running(tmp_path) as service:
        typed = story.replace("KEY=bo_...", f"KEY={KEY}").replace(":8000", f":{service.port}")
        done = subprocess.run(["bash", "-euc", typed], capture_output=True, text=True, check=True, timeout=60)

    before, _, after = _documents(done.stdout)

    assert ("insufficient", None) == (before["status"], before["reliability"])
    assert ("provisional", 1, 1) == (after["status"], after["counts"]["resolved"], after["counts"]["early"])
    assert [0.556, 0.282, 0.813] == [round(after["reliability"][name], 3) for name in ("mean", "lower", "upper")]


def _documents(text):
    """The JSON documents in a text; scores are sent without a line break at their end."""
    decoder, documents = json.JSONDecoder(), []
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:]
    return documents
