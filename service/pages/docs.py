"""/docs, /openapi.json and /problems/{name}: the documentation of the API and of its errors"""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, current_app, jsonify, render_template, request, send_from_directory
from markdown_it import MarkdownIt
from markupsafe import Markup

from service.errors import NotFound, problem_types
from service.web.openapi import explain

blp = Blueprint("docs", __name__, template_folder="templates")

_SWAGGER_UI = Path(flask_swagger_ui.__file__).parent / "dist"
_PARSER = MarkdownIt("commonmark", {"html": False})
_PROBLEMS = {kind.name: kind for kind in problem_types()}


@blp.get("/docs")
def get_docs() -> str:
    """Show the API in Swagger UI."""
    return render_template("docs.html")


@blp.get("/docs/<name>")
def get_docs_asset(name: str) -> Response:
    """Send a file of Swagger UI, so that /docs loads nothing from other hosts."""
    return send_from_directory(_SWAGGER_UI, name, max_age=86400)


@blp.get("/openapi.json")
def get_document() -> Response:
    """Return the OpenAPI 3.1 document."""
    servers = {"servers": [{"url": request.script_root}]} if request.script_root else {}
    return jsonify(current_app.extensions["document"] | servers)


@blp.get("/problems/<name>")
def get_problem_type(name: str) -> str:
    """Explain a problem type."""
    if (kind := _PROBLEMS.get(name)) is None:
        raise NotFound(f"There is no problem type {name!r}. /openapi.json lists the types.")
    return render_template("problem.html", kind=kind, explanation=_as_html(explain(kind)))


def _as_html(text: str) -> Markup:
    # Safe, because the parser escapes HTML in the text.
    return Markup(_PARSER.renderInline(text))  # noqa: S704
