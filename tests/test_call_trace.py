from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.support.call_trace import LIMITS, trace_calls

pytestmark = pytest.mark.sqlite_alone


def test_few_files_on_the_main_paths():
    """
    Recording a claim, resolving it, and reading a score that is not cached pass through few files each.
    """
    with tempfile.TemporaryDirectory(prefix="bo-") as folder:
        traces = trace_calls(Path(folder))

    assert LIMITS.keys() == traces.keys()
    assert {} == {name: traced.files for name, traced in traces.items() if len(traced.files) > LIMITS[name]}
