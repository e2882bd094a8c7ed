"""The wheel contains everything that the service needs, and serves from an empty folder"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import psutil
import pytest

from tests.support.awaiting import wait_until
from tests.support.live_service import LocalServer, free_port
from tests.support.wheelhouse import read_lock

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built with the Dockerfile's command from the files that it copies."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    dockerfile = (ROOT / "Dockerfile").read_text()
    for name in re.findall(r"^COPY ([\w/.-]+) ", dockerfile, re.MULTILINE):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    [options] = re.findall(r"pip wheel (.*) --wheel-dir /wheel \.", dockerfile)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-index",
        *options.split(),
        "--wheel-dir",
        built,
        ".",
    ]
    subprocess.run(command, cwd=source, check=True, timeout=300)
    [path] = built.iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The bin folder of an environment with the wheel and the packages of requirements.lock, without the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder)
    [packages] = folder.glob("lib/python*/site-packages")
    for locked in read_lock(ROOT / "requirements.lock"):
        if locked.requirement.marker is None or locked.requirement.marker.evaluate():
            link_distribution(locked.requirement.name, packages)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], check=True, timeout=300)
    subprocess.run([*pip, "check"], check=True, timeout=300)
    return folder / "bin"


def link_distribution(name, packages):
    """Link a distribution of the test environment into another environment."""
    distribution = importlib.metadata.distribution(name)
    top = {path.parts[0] for path in distribution.files if path.parts[0] not in ("..", "__pycache__")}
    for part in top:
        (packages / part).symlink_to(distribution.locate_file(part))


def test_the_wheel_holds_the_whole_package(wheel):
    """
    The wheel contains every file under service/ in git, and nothing else but its metadata.
    """
    listed = subprocess.run(["git", "ls-files", "service"], cwd=ROOT, capture_output=True, text=True, check=True)
    packaged = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert set(listed.stdout.split()) == packaged


class Installed(LocalServer):
    """The installed `borneout serve`, in an empty folder and without settings."""

    def __init__(self, programs, folder):
        self.port = free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith(("BORNEOUT_", "PYTHON"))}
        command = [programs / "borneout", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=env, cwd=folder)


@pytest.fixture(scope="module")
def service(installed, tmp_path_factory):
    """The installed service, stopped at the end; it must leave no process behind."""
    service = Installed(installed, tmp_path_factory.mktemp("empty"))
    started = []
    try:
        wait_until(lambda: service.process.poll() is not None or 200 == service.status("/readyz"))
        started = service.processes()
        yield service
        service.process.terminate()
        assert 0 == service.process.wait(90)
        assert not psutil.wait_procs(started, 10)[1]
    finally:
        service.process.kill()
        for process in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/", b"<html"),
        ("/docs", b"<html"),
        ("/method", b"<html"),
        ("/v1/outlets", b'"items"'),
        ("/openapi.json", b'"openapi"'),
    ],
)
def test_the_installed_service_answers(path, part, service):
    """
    A page, both kinds of documentation, a list and the API document are served from an empty folder.
    """
    status, body = service.ask("GET", path, headers={"Authorization": ""})
    assert 200 == status
    assert part in body


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_the_installed_service_has_the_files_of_its_pages(page, service):
    """
    Each style, script and picture that a page loads is served.
    """
    _, body = service.ask("GET", page)
    files = re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js|svg|png)[^"]*)"', body.decode())
    assert files
    assert {200} == {service.status(file) for file in files}


def test_the_installed_package_is_not_the_checkout(installed, tmp_path):
    """
    The environment imports the package from the wheel.
    """
    command = [installed / "python", "-I", "-c", "import service; print(service.__file__)"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert Path(ran.stdout.strip()).is_relative_to(installed.parent)
