"""/desk/merge: outlets that prove to be one, and those that prove to be two after all"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request

from service.errors import NotFound, OutletMerged, ServiceError
from service.outlets import edit
from service.outlets import merge as merging
from service.outlets.find import OutletView
from service.pages.sign_in import desk_blueprint, redirect_to
from service.values.vocabulary import Scope
from service.web.auth import caller, check_scope
from service.web.runtime import runtime

blp = desk_blueprint("merge")


@blp.get("/desk/merge")
def show_merge() -> str:
    """Two outlets side by side, before they are merged or after"""
    return _show(request.args)


@blp.post("/desk/merge")
def merge_outlet() -> Response | tuple[str, int]:
    """Have an outlet count as another one"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    outlet, into = (request.form.get(name, "") for name in ("outlet", "into"))
    try:
        check_scope(Scope.OUTLETS_WRITE)
        merge, _ = merging.merge_outlet(at.db, at.cache, outlet, into=into, caller=caller(), now=now)
    except ServiceError as problem:
        return _show(request.form, problem), problem.status
    return redirect_to(f"/desk/merge?{urlencode({'done': merge.outlet})}")


@blp.post("/desk/merge/undo")
def undo_merge() -> Response | tuple[str, int]:
    """Have it count as itself again"""
    at, now, outlet = runtime(), dt.datetime.now(dt.UTC), request.form.get("outlet", "")
    try:
        check_scope(Scope.OUTLETS_WRITE)
        merging.undo_merge(at.db, at.cache, outlet, if_match=None, caller=caller(), now=now)
    except ServiceError as problem:
        return _show(request.form, problem), problem.status
    return redirect_to(f"/desk/merge?{urlencode({'outlet': outlet})}")


def _show(asked: Any, problem: ServiceError | None = None) -> str:
    both = {name: _outlet(asked.get(name, "").strip()) for name in ("outlet", "into")}
    return render_template("merge.html", asked=asked, both=both, merge=_merge(asked), problem=problem)


def _outlet(reference: str) -> OutletView | None:
    with suppress(NotFound, OutletMerged):
        return edit.get_outlet(runtime().db, reference) if reference else None
    return None


def _merge(asked: Any) -> merging.MergeView | None:
    """Return the merge that this page did last, unless it was undone."""
    with suppress(NotFound):
        return merging.get_merge(runtime().db, asked["done"]) if asked.get("done") else None
    return None
