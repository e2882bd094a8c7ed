"""The application as tests of the API call it."""

from __future__ import annotations

import pytest

from tests.support.contract import CheckedClient
from tests.support.request_bodies import VALID


@pytest.fixture
def app(app):
    """The application, whose clients check what it answers."""
    app.test_client_class = CheckedClient
    return app


@pytest.fixture(scope="module")
def standing_world(standing_world):
    """The application on a database that the tests of one file share, whose answers are checked."""
    standing_world.app.test_client_class = CheckedClient
    standing_world.client = standing_world.app.test_client()
    return standing_world


@pytest.fixture(scope="module")
def urls(standing_world):
    """The paths of the calls that write, of an open claim."""
    claim = standing_world.record()
    return {path: path.format(claim["id"]) for path in VALID}
