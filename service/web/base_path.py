"""The path of the site that the service has for itself, such as /reliability, set by the operator."""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import request

_EVERYWHERE = ("/healthz", "/readyz")
"""Paths that also answer without the base path, for those who watch the process and not the site."""
_OUTSIDE = "borneout.outside"


class BasePath:
    """A middleware that moves the base path from PATH_INFO to SCRIPT_NAME, so that views see paths without it."""

    def __init__(self, app: WSGIApplication, base_path: str) -> None:
        self._app = app
        self._base_path = base_path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request on. One for another path is marked, and keeps that path."""
        path = environ["PATH_INFO"]
        if path in _EVERYWHERE:
            environ["SCRIPT_NAME"] = self._base_path
        elif f"{path}/".startswith(f"{self._base_path}/"):
            environ["SCRIPT_NAME"] = self._base_path
            environ["PATH_INFO"] = path[len(self._base_path) :] or "/"
        else:
            environ[_OUTSIDE] = True
        return self._app(environ, start_response)


def is_outside() -> bool:
    """Whether the request is for a path that does not begin with the base path."""
    return _OUTSIDE in request.environ
