"""An editor at the desk, without a browser: the cookie and the forms."""

from __future__ import annotations

import datetime as dt
import html
import itertools
import re

from service.access.keys import create_key
from service.values.vocabulary import Scope
from tests.support.world import report

HTTPS = {"Origin": "https://desk.example", "Host": "desk.example"}
"""Headers of a form from the same origin over https."""
SAME_ORIGIN = {"Origin": "http://localhost"}
"""Headers of a form from the same origin over http."""

_NUMBERS = itertools.count(1)


class Editor:
    """A client that signs in with its own key, and sends forms like a browser."""

    def __init__(self, app, *scopes, **members):
        now = dt.datetime.now(dt.UTC)
        scopes = scopes or (Scope.ADMIN,)
        self.key = create_key(app.extensions["runtime"].db, name="editor", scopes=scopes, now=now, **members)
        self.client = app.test_client()

    def sign_in(self, secret=None, **options):
        """Send the sign-in form."""
        form = {"key": secret or self.key.secret, **options.pop("form", {})}
        return self.client.post("/desk/sign-in", data=form, headers=options.pop("headers", SAME_ORIGIN), **options)

    def signed_in(self):
        assert 303 == self.sign_in().status_code
        return self

    @property
    def cookie(self):
        found = self.client.get_cookie("borneout_desk", path="/desk")
        return None if found is None else found.value

    def page(self, path="/desk"):
        """Return the HTML of a page of the desk."""
        response = self.client.get(path)
        assert 200 == response.status_code, response.text
        return response.text

    def send(self, path, *, headers=SAME_ORIGIN, **fields):
        """Send a form of the desk."""
        return self.client.post(path, data=fields, headers=headers)

    def resolve(self, claim, verdict="true", **fields):
        """Send the form for a verdict; unless it corrects, with yesterday as the date of the answer."""
        yesterday = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).date().isoformat()
        usual = {} if "supersedes" in fields else {"known_at": yesterday}
        form = {"verdict": verdict, "note": "Seen.", **usual, **fields}
        return self.send(f"/desk/claims/{claim['id']}/resolutions", **form)

    def undo(self, claim):
        """Send the undo form of a claim's page."""
        [form] = re.findall(r'<form class="undo".*?</form>', self.page(f"/desk/claims/{claim['id']}"), re.DOTALL)
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
        form_fields = {}
        for name, value in fields:
            form_fields.setdefault(name, []).append(html.unescape(value))
        return self.client.post(f"/desk/claims/{claim['id']}/resolutions", data=form_fields, headers=SAME_ORIGIN)


def problem_text(response):
    """Return the text of the problem beside a form."""
    [found] = re.findall(r'<div class="trouble".*?</div>', response.text, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


def due(world, text="The bridge opens in May.", day="2026-02-01", *reports, **members):
    """Record a claim that is due."""
    return world.record(*reports, text=text, kind="event", resolves_by=f"{day}T00:00:00Z", **members)


def record_overdue(site):
    """Record a claim that is overdue for longer than all others."""
    number = next(_NUMBERS)
    text = f"Bridge number {number} opens to traffic."
    return site.record(
        report("Herald"), report("Post"), text=text, kind="event", resolves_by=f"19{80 - number}-01-01T00:00:00Z"
    )


def sign_in(page, editor):
    """Sign in with the keyboard."""
    page.goto("/desk")
    page.keyboard.type(editor.key.secret)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")


def is_sign_in_redirect(response):
    """Return whether a response redirects to the sign-in page."""
    return 303 == response.status_code and response.headers["Location"].startswith("/desk/sign-in")


def resolutions(world, claim):
    """Return the members of each resolution of a claim that an editor enters."""
    items = world.get(f"/v1/claims/{claim['id']}/resolutions").json["items"]
    return [(item["verdict"], item["truth"], item["known_at"], item["evidence"], item["note"]) for item in items]
