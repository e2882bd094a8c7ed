"""Somebody at the desk, without a browser: their cookie, and the forms that they were given."""

from __future__ import annotations

import datetime as dt
import html
import re

from service.access.keys import create_key
from service.values.vocabulary import Scope

HTTPS = {"Origin": "https://desk.example", "Host": "desk.example"}
"""Headers of a browser that sends a form over https."""
HERE = {"Origin": "http://localhost"}
"""Headers of a browser that sends a form from one of our pages over http."""


class Editor:
    """A client that signs in with a key of its own, and sends forms as a browser does."""

    def __init__(self, app, *scopes, **members):
        now = dt.datetime.now(dt.UTC)
        scopes = scopes or (Scope.ADMIN,)
        self.key = create_key(app.extensions["runtime"].db, name="editor", scopes=scopes, now=now, **members)
        self.client = app.test_client()

    def sign_in(self, secret=None, **options):
        """Send the form of the door."""
        form = {"key": secret or self.key.secret, **options.pop("form", {})}
        return self.client.post("/desk/sign-in", data=form, headers=options.pop("headers", HERE), **options)

    def signed_in(self):
        assert 303 == self.sign_in().status_code
        return self

    @property
    def cookie(self):
        found = self.client.get_cookie("borneout_desk", path="/desk")
        return None if found is None else found.value

    def page(self, path="/desk"):
        """A page of the desk, which there is."""
        response = self.client.get(path)
        assert 200 == response.status_code, response.text
        return response.text

    def send(self, path, *, headers=HERE, **fields):
        """Send a form of the desk."""
        return self.client.post(path, data=fields, headers=headers)

    def resolve(self, claim, verdict="true", **fields):
        given = {"verdict": verdict, "note": "Seen.", **fields}
        return self.send(f"/desk/claims/{claim['id']}/resolutions", **given)

    def undo(self, claim):
        """Press the button that undoes the last step, as the claim's page has it."""
        [form] = re.findall(r'<form class="undo".*?</form>', self.page(f"/desk/claims/{claim['id']}"), re.DOTALL)
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
        given = {}
        for name, value in fields:
            given.setdefault(name, []).append(html.unescape(value))
        return self.client.post(f"/desk/claims/{claim['id']}/resolutions", data=given, headers=HERE)


def told(response):
    """What a page says stands against its form, in words."""
    [found] = re.findall(r'<div class="trouble".*?</div>', response.text, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


def due(world, text="The bridge opens in May.", day="2026-02-01", *reports, **members):
    """A claim that has come due."""
    return world.record(*reports, text=text, kind="event", resolves_by=f"{day}T00:00:00Z", **members)


def is_out(response):
    """Whether somebody is sent to the door."""
    return 303 == response.status_code and response.headers["Location"].startswith("/desk/sign-in")
