"""Every answer that a test of the API sees is held against the OpenAPI document."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from jsonschema_rs import Draft202012Validator
from werkzeug.exceptions import HTTPException

PROBLEM_JSON = "application/problem+json"
NOTHING = "0192aa00-0000-7000-8000-000000000000"
"""An id of nothing."""
ARGUMENTS = dict.fromkeys(("claim_id", "key_id", "report_id", "dispute_id", "reply_id"), NOTHING)
ARGUMENTS |= {"outlet": "nobody", "name": "nothing", "filename": "x", "digest": "0", "topic": "x"}
"""What stands in a path for what it names, and names nothing that is there."""
_VALIDATORS = {}


class CheckedClient(FlaskClient):
    """A client that refuses an answer which the document does not promise."""

    def open(self, *args, **options):
        response = super().open(*args, **options)
        check_answer(self.application, response)
        return response


def check_answer(app, response):
    """No answer is a 500, every error is a problem document, and the rest is as the document says."""
    status = response.status_code
    assert response.headers["X-Request-ID"]
    if status >= 400:
        assert status < 500 or status == 503, response.text
        assert PROBLEM_JSON == response.content_type, response.text
    if status >= 400 and response.request.method != "HEAD":
        assert {"type", "title", "status", "detail", "instance"} <= response.json.keys()
        assert (status, response.request.path) == (response.json["status"], response.json["instance"])
    operation = _operation(app, response.request)
    if operation is None:
        return
    assert str(status) in operation["responses"] or status == 304, (operation["operationId"], status)
    if 200 <= status < 300 and status != 204 and response.request.method != "HEAD":
        _validator(app.extensions["document"], operation, status).validate(response.json)


def _operation(app, request):
    """What the document says of a request; None where it says nothing."""
    try:
        rule, _ = app.url_map.bind("localhost").match(request.path, request.method, return_rule=True)
    except HTTPException:
        return None
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
    method = "get" if request.method == "HEAD" else request.method.lower()
    return app.extensions["document"]["paths"].get(path, {}).get(method)


def _validator(document, operation, status):
    """One for all applications, since every one has the same document."""
    kept = (operation["operationId"], status)
    if kept not in _VALIDATORS:
        schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        _VALIDATORS[kept] = Draft202012Validator(whole, validate_formats=True)
    return _VALIDATORS[kept]
