"""requirements.lock, requirements-dev.lock and bench/requirements.lock: later releases cannot change an installation"""

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
    """The pip that this Python ships, in a fresh environment, without any configuration."""
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
    Each lock is installed by the Makefile, and the Dockerfile installs the one for running.
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
    An install command installs what its lock names, whatever was released later and whatever else a package requires.
    """
    options, name = COMMANDS[command]
    lock = wheelhouse.read_lock(ROOT / name)
    made_up = wheelhouse.fill(tmp_path, lock, **world)
    plan = tmp_path / "plan.json"
    index = ["--no-index", "--find-links", tmp_path, "--dry-run", "--report", plan, "--ignore-installed"]
    ran = pip("install", *index, *shlex.split(options), "--requirement", made_up)

    assert 0 == ran.returncode, ran.stderr
    expected = {(locked.requirement.name, locked.version) for locked in lock if is_for_here(locked.requirement)}
    planned = {(one["metadata"]["name"], one["metadata"]["version"]) for one in json.loads(plan.read_text())["install"]}
    assert expected == planned


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_keep_extras(name):
    """
    A lock names each extra that a package in it asks for.
    """
    locked = {canonicalize_name(one.requirement.name): one.requirement for one in wheelhouse.read_lock(ROOT / name)}
    asked = [
        requirement
        for package in locked.values()
        if is_for_here(package)
        for requirement in map(Requirement, importlib.metadata.requires(package.name) or ())
        if requirement.extras and is_for_here(requirement, package.extras)
    ]
    assert asked
    for requirement in asked:
        assert requirement.extras <= locked[canonicalize_name(requirement.name)].extras, requirement


def is_for_here(requirement, extras=frozenset()):
    """Whether a requirement applies to this Python and machine, and to these extras of the package that states it."""
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))
