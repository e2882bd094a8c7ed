"""A client of the API with short methods for frequent calls."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask

from service.access.keys import create_key
from service.values.vocabulary import Scope
from service.web.hot_path import set_up_hot_path
from service.web.runtime import Runtime

NOTE = "Seen on the club's page."
HOSTILE = "<script>alert('x')</script>\"'&"
"""A text that runs a script if it is not escaped."""


class World:
    """A client with a key; `record`, `resolve` and `score` check the status and return the body."""

    def __init__(self, app: Flask, scopes: Iterable[Scope] = (Scope.ADMIN,)) -> None:
        self.app = app
        self.runtime = app.extensions["runtime"]
        self.client = app.test_client()
        key = create_key(self.runtime.db, name="test", scopes=scopes, now=dt.datetime.now(dt.UTC))
        self.key_id = key.id
        self.secret = key.secret
        self.headers = {"Authorization": f"Bearer {self.secret}"}

    def with_scopes(self, *scopes: Scope) -> World:
        """Return a client with another key on the same service."""
        return World(self.app, scopes)

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, headers=self.headers | options.pop("headers", {}), **options)

    def pages(self, path: str, **query: Any) -> Iterator[list[Any]]:
        """Yield the items of each page of a list."""
        page = _done(self.get(path, query_string=query))
        yield page["items"]
        while page["next_cursor"] is not None:
            page = _done(self.get(path, query_string=query | {"cursor": page["next_cursor"]}))
            yield page["items"]

    def count(self, table: Any) -> int:
        """Return the number of rows of a table."""
        with self.runtime.db.read() as session:
            return session.scalars(sa.select(sa.func.count()).select_from(table)).one()

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.client.post(path, json=json, headers=self.headers | options.pop("headers", {}), **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.client.patch(path, json=json, headers=self.headers | options.pop("headers", {}), **options)

    def delete(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.client.delete(path, json=json, headers=self.headers | options.pop("headers", {}), **options)

    def outlet(self, name: str, **members: Any) -> dict[str, Any]:
        return _done(self.post("/v1/outlets", {"name": name, **members}))

    def record(self, *reports: dict[str, Any], **members: Any) -> dict[str, Any]:
        """Record a claim; without reports, with one of the outlet Herald."""
        body = {"text": "The bridge opens in May.", "reports": list(reports) or [report()], **members}
        return _done(self.post("/v1/claims", body))

    def resolve(self, claim: dict[str, Any], verdict: str | None, **members: Any) -> dict[str, Any]:
        body = {"verdict": verdict, "note": NOTE, **members}
        return _done(self.post(f"/v1/claims/{claim['id']}/resolutions", body))

    def claim(self, claim: dict[str, Any]) -> dict[str, Any]:
        return _done(self.get(f"/v1/claims/{claim['id']}"))

    def score(self, outlet: str = "herald", **query: Any) -> dict[str, Any]:
        return _done(self.get(f"/v1/outlets/{outlet}/score", query_string=query))


def lasting(score: dict[str, Any]) -> dict[str, Any]:
    """Return a score without the members that change with time."""
    return {name: value for name, value in score.items() if name not in ("as_of", "computed_at")}


def application_on(app: Flask, runtime: Runtime) -> Flask:
    """Return a copy of an application on another database and Redis, which shares its document."""
    other = copy.copy(app)
    other.extensions = {**app.extensions, "runtime": runtime}
    other.wsgi_app = type(app).wsgi_app.__get__(other)
    set_up_hot_path(other)
    return other


def report(outlet: str = "Herald", published_at: str = "2026-01-01T12:00:00Z", **members: Any) -> dict[str, Any]:
    """Return a report of an outlet by name, which is created if it is not recorded."""
    return {"outlet": {"name": outlet}, "published_at": published_at, **members}


def assert_problem(response: Any, status: int, name: str, *pointers: str) -> None:
    """Check that a response is a problem document with this type and these pointers."""
    assert (status, "application/problem+json") == (response.status_code, response.content_type), response.text
    body = response.json
    assert {"type", "title", "status", "detail", "instance"} <= body.keys()
    assert (f"/problems/{name}", status) == (body["type"], body["status"])
    assert sorted(pointers) == sorted(place["pointer"] for place in body.get("errors", []))


def _done(response: Any) -> dict[str, Any]:
    """Check that a call succeeded, and return its body."""
    assert response.status_code in (200, 201), response.text
    return dict(response.json)
