"""`make audit`: .ci/audit.py"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FINE = {"name": "flask", "version": "3.1.3", "vulns": []}
CONCERNED = {"name": "redis", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}
UNSEEN = {"name": "numpy", "skip_reason": "It could not be asked for."}


def audited(folder, answer):
    """Exit code and words, where pip-audit answers with this."""
    (folder / "pip_audit.py").write_text(f"print({answer!r})")
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, ".ci/audit.py"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, (ran.stdout + ran.stderr).strip()


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([FINE], 0, "1 packages: no advisory concerns them."),
        ([FINE, CONCERNED], 1, "redis 1.0: PYSEC-1, mended by 1.1, 2.0"),
        ([FINE, UNSEEN], 3, "NOT AUDITED: 1 of 2 packages; no advisories could be had for it (numpy...)"),
        ([CONCERNED, UNSEEN], 1, "redis 1.0: PYSEC-1, mended by 1.1, 2.0"),
    ],
)
def test_what_is_told(tmp_path, packages, code, said):
    """
    An advisory fails the audit; what could not be looked at is not taken for sound.
    """
    assert (code, said) == audited(tmp_path, json.dumps({"dependencies": packages}))


def test_no_answer(tmp_path):
    """
    Without an answer nothing was audited.
    """
    code, said = audited(tmp_path, "no route to host")

    assert 3 == code
    assert said.startswith("NOT AUDITED: all of it")
