"""The base path under which an operator can serve the service, such as /reliability."""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request

from service.errors import NotFound
from service.web.responses import NO_ROUTE, problem

_WITHOUT = ("/healthz", "/readyz")
"""The paths of the health checks, which also work without the base path."""
_OUTSIDE = "borneout.outside"


class BasePath:
    """A WSGI middleware that moves the base path from PATH_INFO to SCRIPT_NAME, so that routes match."""

    def __init__(self, app: WSGIApplication, base_path: str) -> None:
        self._app = app
        self._base_path = base_path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward a request to the application, and mark it if its path is outside the base path."""
        path = environ["PATH_INFO"]
        if path in _WITHOUT:
            environ["SCRIPT_NAME"] = self._base_path
        elif f"{path}/".startswith(f"{self._base_path}/"):
            environ["SCRIPT_NAME"] = self._base_path
            environ["PATH_INFO"] = path[len(self._base_path) :] or "/"
        else:
            environ[_OUTSIDE] = True
        return self._app(environ, start_response)


def set_up_base_path(app: Flask, base_path: str) -> None:
    """Serve an application under a base path; any other path is a 404."""
    app.wsgi_app = BasePath(app.wsgi_app, base_path)  # type: ignore[method-assign]
    app.before_request(_reject_outside)


def _reject_outside() -> Response | None:
    """Respond with 404 to a path outside the base path, even if it matches a route."""
    if _OUTSIDE not in request.environ:
        return None
    request.url_rule = None  # the metrics then count the path as unknown
    return problem(NotFound(NO_ROUTE))
