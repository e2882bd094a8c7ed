"""GET /.well-known/security.txt"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from service.values.instants import parse_instant
from tests.support.world import assert_problem

pytestmark = pytest.mark.sqlite_alone  # it depends on a setting only


@pytest.fixture
def text(world):
    """Return the lines of the file on a service with a security contact."""
    world.runtime.settings = replace(world.runtime.settings, security_contact="mailto:security@example.org")
    response = world.client.get("/.well-known/security.txt")
    assert (200, "text/plain; charset=utf-8") == (response.status_code, response.content_type)
    return [line.split(": ", 1) for line in response.text.splitlines()]


def test_contact(text):
    """
    The file names the contact for reports of vulnerabilities.
    """
    assert ["Contact", "mailto:security@example.org"] == text[0]


def test_expires(text):
    """
    The file expires in several months, and in less than a year (RFC 9116).
    """
    [(name, until)] = text[1:]
    ahead = parse_instant(until) - dt.datetime.now(dt.UTC)

    assert "Expires" == name
    assert dt.timedelta(days=170) < ahead < dt.timedelta(days=365)


def test_no_contact(world):
    """
    Without a contact the file does not exist.
    """
    assert_problem(world.client.get("/.well-known/security.txt"), 404, "not-found")
