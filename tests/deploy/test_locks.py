"""requirements.lock, requirements-dev.lock and bench/requirements.lock make installations reproducible"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shlex
import subprocess
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import wheelhouse

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "bench/requirements.lock")
COMMANDS = {
    f"{file}: {lock}": (options, lock)
    for file in ("Makefile", "Dockerfile")
    for options, lock in re.findall(r"pip install (.*)--requirement (\S+)", (ROOT / file).read_text())
}


@pytest.fixture(scope="module")
def pip(tmp_path_factory):
    """This Python's bundled pip in a new environment, without any configuration."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}

    def run(*arguments):
        command = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", *arguments]
        env["PIP_CONFIG_FILE"] = os.devnull
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    return run


def test_every_lock_is_installed_by_a_command():
    """
    The Makefile installs every lock, and the Dockerfile installs the runtime lock.
    """
    assert {f"Makefile: {lock}" for lock in LOCKS} | {"Dockerfile: requirements.lock"} == COMMANDS.keys()


@pytest.mark.parametrize(
    "world",
    [
        pytest.param({"keep_extras": True, "unlocked_dependency": True}, id="unlocked dependency"),
        # An older pip takes the latest release for an extra that the lock does not name, and has no hash for it.
        pytest.param({"keep_extras": False, "unlocked_dependency": False}, id="lock without extras"),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_later_releases_change_nothing(command, world, pip, tmp_path):
    """
    An install command installs exactly what its lock names, despite later releases and additional requirements.
    """
    options, name = COMMANDS[command]
    lock = wheelhouse.read_lock(ROOT / name)
    generated = wheelhouse.fill(tmp_path, lock, **world)
    plan = tmp_path / "plan.json"
    index = ["--no-index", "--find-links", tmp_path, "--dry-run", "--report", plan, "--ignore-installed"]
    ran = pip("install", *index, *shlex.split(options), "--requirement", generated)

    assert 0 == ran.returncode, ran.stderr
    expected = {(locked.requirement.name, locked.version) for locked in lock if applies_here(locked.requirement)}
    planned = {
        (item["metadata"]["name"], item["metadata"]["version"]) for item in json.loads(plan.read_text())["install"]
    }
    assert expected == planned


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_keep_extras(name):
    """
    A lock includes each extra that a locked package requires.
    """
    locked = {
        canonicalize_name(locked.requirement.name): locked.requirement for locked in wheelhouse.read_lock(ROOT / name)
    }
    required = [
        requirement
        for package in locked.values()
        if applies_here(package)
        for requirement in map(Requirement, importlib.metadata.requires(package.name) or ())
        if requirement.extras and applies_here(requirement, package.extras)
    ]
    assert required
    for requirement in required:
        assert requirement.extras <= locked[canonicalize_name(requirement.name)].extras, requirement


def applies_here(requirement, extras=frozenset()):
    """Return whether a requirement applies to this Python and machine, and to these extras of the package that states
    it.
    """
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))
