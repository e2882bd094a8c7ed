"""service.telemetry.logs and service.telemetry.responses: JSON lines"""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import sys

import pytest

from service.app import create_app
from service.telemetry.logs import formatter, set_up_logs
from service.telemetry.responses import RESPONSES
from tests.support.world import World, report

pytestmark = pytest.mark.sqlite_alone  # logs only


@pytest.fixture
def lines(monkeypatch):
    """Set up logging as a running service does, and return the parsed lines."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    monkeypatch.setattr(sys, "stderr", written)
    set_up_logs()
    yield lambda: RESPONSES.flush() or [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_each_response_is_a_line(world, lines):
    """
    Each response is logged with its method, path, status and duration, and with the request id that the caller
    receives.
    """
    response = world.get("/v1/outlets/nobody/score")

    [line] = [line for line in lines() if line["event"] == "answered"]
    assert response.headers["X-Request-ID"] == line["request_id"]
    assert ("GET", "/v1/outlets/nobody/score", 404) == (line["method"], line["path"], line["status"])
    assert line["milliseconds"] >= 0
    assert line["timestamp"].endswith("Z")


def test_request_id_of_the_caller(world, lines):
    """
    A caller's request id is used in the logs; an invalid one is replaced, so that no line can be forged.
    """
    world.get("/healthz", headers={"X-Request-ID": "mine-1"})
    world.get("/healthz", headers={"X-Request-ID": 'x"} {"event": "forged'})

    mine, other = [line["request_id"] for line in lines()]
    assert "mine-1" == mine
    assert 36 == len(other)


def test_request_id_of_a_warning(settings, lines):
    """
    A warning during a request has its request id.
    """
    app = create_app(dataclasses.replace(settings, redis_url="unix:///nowhere.sock"))
    claim = {"text": "It opens.", "reports": [report()]}
    World(app).post("/v1/claims", claim, headers={"X-Request-ID": "inside"})
    app.extensions["runtime"].db.close()

    about = {line["event"].split(" ")[0]: line for line in lines()}
    assert ("inside", "warning") == (about["Redis"]["request_id"], about["Redis"]["level"])
    assert "inside" == about["answered"]["request_id"]


def test_no_secret_is_logged(app, lines):
    """
    API keys, bodies and queries are not logged.
    """
    world = World(app)
    key = world.secret
    world.record()
    world.get("/v1/outlets?q=private")
    world.post("/v1/claims", {"text": "private"})
    world.client.get("/v1/outlets", headers={"Authorization": f"Basic {key}"})

    logged = json.dumps(lines())
    assert "answered" in logged
    assert key not in logged
    assert "private" not in logged


HEADERS = ("Authorization", "X-API-Key", "X-Request-ID", "Idempotency-Key", "If-None-Match", "Cookie", "Referer")
HEADERS += ("User-Agent", "X-Forwarded-For", "Accept", "Content-Type", "Origin")


def test_no_key_is_logged(app, lines):
    """
    An API key is not logged, even if a client sends it in any header, the path, the query or the body.
    """
    world = World(app)
    key = world.secret
    for name in HEADERS:
        for value in (key, f"Bearer {key}", f"Bearer {key}x", f"Basic {key}"):
            world.client.get("/v1/outlets", headers={name: value})
            world.client.post("/v1/outlets", json={}, headers={name: value})
    for path in (
        f"/v1/outlets/{key}",
        f"/{key}",
        f"/v1/keys/{key}",
        f"/v1//{key}",
        f"/problems/{key}",
        f"/v1/%62{key[1:]}",
    ):
        world.get(path)
        world.get(f"/v1/outlets?q={key}&{key}=1")
    world.post("/v1/outlets", {"name": key, key: key})
    world.post("/v1/claims", {"text": key, "reports": [{**report(), "url": f"https://example.org/?key={key}"}]})
    world.client.post("/v1/outlets", data=key, headers={**world.headers, "Content-Type": "application/json"})
    logging.getLogger("some.library").error("failed with %s", key)

    logged = json.dumps(lines())
    assert len(lines()) > 90
    assert "/v1/outlets/bo_***" in logged
    assert key not in logged
    assert key[3:] not in logged


def test_error_is_one_line():
    """
    An exception with its traceback, or a message with line breaks, is one line.
    """
    try:
        raise ValueError("a\nb")  # noqa: TRY301 - for its traceback
    except ValueError:
        record = logging.LogRecord("here", logging.ERROR, "", 1, "went\n%s", ("wrong",), sys.exc_info())

    line = formatter().format(record)

    assert "\n" not in line
    assert "went\nwrong" == json.loads(line)["event"]
    assert "ValueError: a\nb" in json.loads(line)["exception"]


def test_logs_of_libraries_look_the_same(lines):
    """
    Logs and warnings of libraries are lines of JSON, too.
    """
    logging.getLogger("some.library").warning("low on %s", "disk")
    logging.getLogger("some.library").debug("not this")

    [line] = lines()
    assert ("low on disk", "warning", "some.library") == (line["event"], line["level"], line["logger"])
