"""/docs, /openapi.json and /problems/{name}"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flask_swagger_ui
from flask import Blueprint, Response, current_app, render_template, request, send_from_directory
from markdown_it import MarkdownIt
from markupsafe import Markup

from service.errors import NotFound, problem_types
from service.web.openapi import explain

blp = Blueprint("docs", __name__, template_folder="templates")

_SWAGGER_UI = Path(flask_swagger_ui.__file__).parent / "dist"
_READER = MarkdownIt("commonmark", {"html": False})
_PROBLEMS = {kind.name: kind for kind in problem_types()}


@blp.get("/docs")
def get_docs() -> str:
    """The API, to read and to try"""
    return render_template("docs.html")


@blp.get("/docs/<name>")
def get_docs_asset(name: str) -> Response:
    """A file of Swagger UI, served from here so that the page needs nobody else"""
    return send_from_directory(_SWAGGER_UI, name, max_age=86400)


@blp.get("/openapi.json")
def get_document() -> dict[str, Any]:
    """The API in the terms of OpenAPI 3.1"""
    document: dict[str, Any] = current_app.extensions["document"]
    return document | ({"servers": [{"url": request.script_root}]} if request.script_root else {})


@blp.get("/problems/<name>")
def get_problem_type(name: str) -> str:
    """What a problem type means"""
    if (kind := _PROBLEMS.get(name)) is None:
        raise NotFound(f"No problem type {name!r}.")
    return render_template("problem.html", kind=kind, explanation=_as_html(explain(kind)))


def _as_html(text: str) -> Markup:
    # Safe, because the reader lets no HTML of the text through.
    return Markup(_READER.renderInline(text))  # noqa: S704
