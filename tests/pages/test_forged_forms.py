"""Forms of the desk that somebody else made"""

from __future__ import annotations

import pytest

from tests.pages.editor import Editor

pytestmark = pytest.mark.sqlite_alone  # cookies and headers


@pytest.fixture
def editor(app):
    return Editor(app)


@pytest.fixture
def due(world):
    return world.record(kind="event", resolves_by="2026-02-01T00:00:00Z")


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("wrong", {}),
        ("ä", {}),
        (None, {"Sec-Fetch-Site": "cross-site"}),
        (None, {"Sec-Fetch-Site": "same-site"}),
        (None, {"Sec-Fetch-Site": "none"}),
        (None, {"Origin": "https://example.org"}),
        (None, {"Origin": "http://localhost.example.org"}),
        (None, {"Origin": "null"}),
    ],
)
def test_forged_form(world, due, token, headers):
    """
    A form that no page of this session has sent is refused, and changes nothing.
    """
    response = Editor(world.app).signed_in().resolve(due, token=token, headers=headers)

    assert 403 == response.status_code
    assert "text/html; charset=utf-8" == response.content_type
    assert "due" == world.claim(due)["status"]


def test_form_of_another_session(app, world, editor, due):
    """
    So is one without a token, or with that of another session.
    """
    other, form = Editor(app).signed_in().token(), {"verdict": "true", "note": "x"}
    for given in ({}, {"token": other}):
        response = editor.signed_in().client.post(f"/desk/claims/{due['id']}/resolutions", data=form | given)
        assert 403 == response.status_code
    assert "due" == world.claim(due)["status"]


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {"Origin": "https://localhost"}, {}]
)
def test_form_from_here(world, editor, due, headers):
    """
    What a browser says of a form that one of our pages has sent is taken, and so is what is said by no browser.
    """
    assert 303 == editor.signed_in().resolve(due, headers=headers).status_code
    assert "resolved" == world.claim(due)["status"]


def test_sign_in_from_elsewhere(editor):
    """
    Another site signs nobody in: what they did then would be done by its key.
    """
    response = editor.sign_in(headers={"Sec-Fetch-Site": "cross-site"})

    assert 403 == response.status_code
    assert editor.cookie is None


def test_link_from_elsewhere(editor):
    """
    Whoever follows a link from another site, with which the cookie is not sent, is told how to go on.
    """
    response = editor.client.get("/desk/sign-in?next=/desk/today", headers={"Sec-Fetch-Site": "cross-site"})

    assert '<a href="/desk/today">Go on</a>' in response.text
