"""The version of the program, which is written in one place"""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner

from service import __version__
from service.cli import main

ROOT = Path(__file__).parents[1]
GENERATED = {ROOT / "openapi" / "openapi.json"}
TAGGED = {ROOT / "docker-compose.yml", ROOT / "deploy" / "kubernetes.yaml"}


def test_version_is_in_one_place():
    """
    No file but service/__init__.py names the version; the wheel takes it from there. Generated files and the tags of
    the image repeat it.
    """
    files = [*ROOT.glob("*"), *(ROOT / "docs").rglob("*"), *(ROOT / "openapi").iterdir()]
    files += [path for path in (ROOT / "service").rglob("*") if "__pycache__" not in path.parts]
    naming = [path for path in files if path.is_file() and __version__.encode() in path.read_bytes()]
    naming = [path for path in naming if path not in GENERATED | TAGGED]

    assert [ROOT / "service" / "__init__.py"] == naming


def test_everything_says_the_same():
    """
    The command, the API's document and the tags of the image say the version that the package has.
    """
    for path in TAGGED:
        assert {__version__} == set(re.findall(r"borneout:([\w.]+)", path.read_text()))
    assert __version__ in CliRunner().invoke(main, ["--version"]).output
    assert __version__ == json.loads((ROOT / "openapi" / "openapi.json").read_text())["info"]["version"]


def test_changes_of_what_was_not_released_are_one_part():
    """
    While the version is that of a development, the changelog has one part, and it has no number and no date.
    """
    parts = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert ".dev" not in __version__ or parts == ["Unreleased"]
