"""The application with a client that checks every response."""

from __future__ import annotations

import pytest

from tests.support.contract import CheckedClient
from tests.support.request_bodies import VALID


@pytest.fixture
def app(app):
    """Return the application with clients that check every response."""
    app.test_client_class = CheckedClient
    return app


@pytest.fixture(scope="module")
def shared_world(shared_world):
    """Return the application on a database that the tests of a file share, with checked responses."""
    shared_world.app.test_client_class = CheckedClient
    shared_world.client = shared_world.app.test_client()
    return shared_world


@pytest.fixture(scope="module")
def urls(shared_world):
    """Return the path of each writing call, for an open claim."""
    claim = shared_world.record()
    return {path: path.format(claim["id"]) for path in VALID}
