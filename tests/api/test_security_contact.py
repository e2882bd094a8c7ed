"""GET /.well-known/security.txt"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from service.values.instants import parse_instant
from tests.support.world import assert_problem

pytestmark = pytest.mark.sqlite_alone  # a setting


@pytest.fixture
def text(world):
    """What the file says, line by line, where the operator has named somebody."""
    world.runtime.settings = replace(world.runtime.settings, security_contact="mailto:security@example.org")
    response = world.client.get("/.well-known/security.txt")
    assert (200, "text/plain; charset=utf-8") == (response.status_code, response.content_type)
    return [line.split(": ", 1) for line in response.text.splitlines()]


def test_contact(text):
    """
    Whoever finds a weakness reads whom to tell.
    """
    assert ["Contact", "mailto:security@example.org"] == text[0]


def test_expires(text):
    """
    What it says is good for some months, and for less than a year, as RFC 9116 wants.
    """
    [(name, until)] = text[1:]
    ahead = parse_instant(until) - dt.datetime.now(dt.UTC)

    assert "Expires" == name
    assert dt.timedelta(days=170) < ahead < dt.timedelta(days=365)


def test_nobody_is_named(world):
    """
    Without a contact there is no such file, rather than one that leads nowhere.
    """
    assert_problem(world.client.get("/.well-known/security.txt"), 404, "not-found")
