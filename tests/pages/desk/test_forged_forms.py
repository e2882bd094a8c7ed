"""Forms of the desk that another site sends through the browser of an editor"""

from __future__ import annotations

import pytest

from tests.support.editor import Editor

pytestmark = pytest.mark.sqlite_alone  # cookies and headers do not depend on the database

FORGED = [
    {},
    {"Origin": ""},
    {"Origin": "null"},
    {"Origin": "localhost"},
    {"Origin": "http://"},
    {"Origin": "https://example.org"},
    {"Origin": "http://localhost.example.org"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "ftp://localhost"},
    {"Referer": "http://localhost/desk"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]
SAME_ORIGIN = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": "http://localhost"},
    {"Origin": "https://localhost"},
    {"Origin": "https://desk.example", "Host": "desk.example:443"},
    {"Origin": "http://desk.example:8000", "Host": "Desk.Example:8000"},
]


@pytest.fixture
def editor(app):
    return Editor(app)


@pytest.fixture
def due(world):
    return world.record(kind="event", resolves_by="2026-02-01T00:00:00Z")


@pytest.mark.parametrize("headers", FORGED)
def test_forged_form(world, editor, due, headers):
    """
    A form is rejected, and changes nothing, unless the browser says that it comes from the same origin.
    """
    response = editor.signed_in().resolve(due, headers=headers)

    assert 403 == response.status_code
    assert "text/html; charset=utf-8" == response.content_type
    assert "due" == world.claim(due)["status"]


@pytest.mark.parametrize("headers", FORGED)
def test_forged_sign_in(editor, headers):
    """
    Another site cannot sign a user in with its own key.
    """
    response = editor.sign_in(headers=headers)

    assert 403 == response.status_code
    assert editor.cookie is None


@pytest.mark.parametrize("headers", FORGED)
def test_forged_sign_out(editor, headers):
    """
    Another site cannot sign a user out.
    """
    response = editor.signed_in().send("/desk/sign-out", headers=headers)

    assert 403 == response.status_code
    assert editor.cookie is not None


@pytest.mark.parametrize("path", ["/desk/record", "/desk/record/reading", "/desk/merge", "/desk/merge/undo"])
def test_every_form_is_checked(editor, path):
    """
    Every form of the desk is checked.
    """
    assert 403 == editor.signed_in().send(path, headers={}).status_code
    assert 403 != editor.send(path).status_code


@pytest.mark.parametrize("headers", SAME_ORIGIN)
def test_form_from_the_same_origin(world, editor, due, headers):
    """
    A form from the same origin is accepted: to sign in, to resolve, and to sign out.
    """
    assert 303 == editor.sign_in(headers=headers).status_code
    assert 303 == editor.signed_in().resolve(due, headers=headers).status_code
    assert "resolved" == world.claim(due)["status"]
    assert 303 == editor.send("/desk/sign-out", headers=headers).status_code


def test_link_from_another_site(editor):
    """
    If an editor follows a link from another site, the browser sends no cookie, and the sign-in page links to the
    requested page.
    """
    response = editor.client.get("/desk/sign-in?next=/desk/today", headers={"Sec-Fetch-Site": "cross-site"})

    assert '<a href="/desk/today">continue</a>' in response.text
