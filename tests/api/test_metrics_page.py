"""GET /metrics"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.app import create_app
from service.config import Settings
from tests.support.live_service import free_port
from tests.support.metrics_page import counted, families

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture
def page(app):
    """Return a function that requests the page without a key."""
    return lambda: app.test_client().get("/metrics").text


@pytest.mark.sqlite_alone
def test_it_works(world, page):
    """
    Requests are counted by method, route and status, and timed by method and route.
    """
    herald = {"method": "GET", "route": "/v1/outlets/{outlet}"}
    before = page()
    world.outlet("Herald")
    world.get("/v1/outlets/herald")
    world.get("/v1/outlets/nobody")
    after = page()

    for status in ("200", "404"):
        name = "borneout_http_requests_total"
        assert 1 == counted(after, name, **herald, status=status) - counted(before, name, **herald, status=status)
    name = "borneout_http_request_duration_seconds"
    assert 2 == counted(after, f"{name}_count", **herald) - counted(before, f"{name}_count", **herald)
    assert 0 < counted(after, f"{name}_sum", **herald) - counted(before, f"{name}_sum", **herald) < 5


@pytest.mark.sqlite_alone
def test_labels_are_few(world, page):
    """
    Invented paths and methods add no labels.
    """

    def make_up(number):
        world.get(f"/v1/outlets/nobody-{number}")
        world.get(f"/nothing/{number}")
        world.client.open(f"/v1/outlets/{number}", method=f"BREW{number}")

    make_up(0)
    before = len(page().splitlines())
    for number in range(1, 20):
        make_up(number)

    assert before == len(page().splitlines())
    assert 20 <= counted(page(), "borneout_http_requests_total", method="other", route="none")


@pytest.mark.sqlite_alone
def test_how_scores_were_served(world, page):
    """
    A score is counted as a miss at first and then as a hit, even for a 304. Scores that are never cached are counted as
    `uncached`, not as a bypass of Redis.
    """
    world.outlet("Herald")
    before = page()
    first = world.get("/v1/outlets/herald/score")
    world.get("/v1/outlets/herald/score", headers={"If-None-Match": first.headers["ETag"]})
    for path in ("/score?as_of=2020-01-01T00:00:00Z", "/score/explanation", "/score/history", "/calibration"):
        assert "borneout; fwd=bypass" == world.get(f"/v1/outlets/herald{path}").headers["Cache-Status"]
    after = page()

    increase = {
        cache: counted(after, "borneout_score_reads_total", cache=cache)
        - counted(before, "borneout_score_reads_total", cache=cache)
        for cache in ("hit", "miss", "bypass", "uncached")
    }
    assert {"hit": 1, "miss": 1, "bypass": 0, "uncached": 4} == increase


def test_the_outbox(world, page):
    """
    The number of rows in the outbox and the age of the oldest are shown.
    """
    world.resolve(world.record(), "true")
    assert 1 <= counted(page(), "borneout_outbox_rows")
    assert 0 < counted(page(), "borneout_outbox_oldest_age_seconds") < 60


def test_use_of_the_cache(cache, page):
    """
    The page shows whether cached scores are used.
    """
    assert 1 == counted(page(), "borneout_cache_used")

    cache.link.writer.flushall()

    assert 0 == counted(page(), "borneout_cache_used")


def test_database_away(tmp_path):
    """
    Without the database the page shows all other metrics.
    """
    url = f"postgresql://borneout@127.0.0.1:{free_port()}/borneout"
    settings = Settings.from_env({"BORNEOUT_DATABASE_URL": url}, data_dir=tmp_path)
    answer = create_app(settings).test_client().get("/metrics")

    assert 200 == answer.status_code
    assert "borneout_redis_failures_total" in answer.text
    assert "borneout_outbox" not in answer.text


@pytest.mark.sqlite_alone
def test_documented(world, page):
    """
    docs/operations.md lists exactly the metrics on the page, with their labels.
    """
    world.get("/healthz")
    rows = re.findall(r"^\| `(borneout_\w+)` \| (.*?) \|", OPERATIONS.read_text(), re.MULTILINE)

    assert {name: set(re.findall(r"`(\w+)`", labels.split(":")[0])) for name, labels in rows} == families(page())
