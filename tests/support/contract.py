"""A test client that validates every response against the OpenAPI document."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from jsonschema_rs import Draft202012Validator
from werkzeug.exceptions import HTTPException

PROBLEM_JSON = "application/problem+json"
NOTHING = "0192aa00-0000-7000-8000-000000000000"
"""An id that no object has."""
ARGUMENTS = dict.fromkeys(
    ("claim_id", "key_id", "report_id", "dispute_id", "reply_id", "rename_id", "import_id", "pending_id", "start"),
    NOTHING,
)
ARGUMENTS |= {"outlet": "nobody", "name": "nothing", "filename": "x", "digest": "0", "topic": "x", "form": "svg"}
"""Path arguments that name no existing object."""
_VALIDATORS = {}


class CheckedClient(FlaskClient):
    """A client that rejects undocumented responses."""

    def open(self, *args, **options):
        response = super().open(*args, **options)
        check_response(self.application, response)
        return response


def check_response(app, response):
    """Check that a response is no 500, that an error is a problem document, and that the rest is documented."""
    status = response.status_code
    assert response.headers["X-Request-ID"]
    if status >= 400:
        assert status < 500 or status in (503, 507), response.text
        assert PROBLEM_JSON == response.content_type, response.text
    if status >= 400 and response.request.method != "HEAD":
        assert {"type", "title", "status", "detail", "instance"} <= response.json.keys()
        assert (status, response.request.path) == (response.json["status"], response.json["instance"])
    if status == 204:
        assert (b"", False) == (response.get_data(), "Content-Type" in response.headers)
    operation = _operation(app, response.request)
    if operation is None:
        return
    assert str(status) in operation["responses"] or status == 304, (operation["operationId"], status)
    if 200 <= status < 300 and status != 204 and response.request.method != "HEAD":
        _check_body(app.extensions["document"], operation, response)


def _check_body(document, operation, response):
    content = operation["responses"][str(response.status_code)]["content"]
    if response.mimetype == "application/json":
        _validator(document, operation, response.status_code).validate(response.json)
    else:
        assert response.mimetype in content, (operation["operationId"], response.mimetype)


def _operation(app, request):
    """Return the documented operation of a request; None if it is not documented."""
    try:
        rule, _ = app.url_map.bind("localhost").match(request.path, request.method, return_rule=True)
    except HTTPException:
        return None
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
    method = "get" if request.method == "HEAD" else request.method.lower()
    return app.extensions["document"]["paths"].get(path, {}).get(method)


def _validator(document, operation, status):
    """Return the validator of a response, shared by all applications, which have the same document."""
    key = (operation["operationId"], status)
    if key not in _VALIDATORS:
        schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
        complete = {**schema, "components": document["components"]}
        _VALIDATORS[key] = Draft202012Validator(complete, validate_formats=True)
    return _VALIDATORS[key]
