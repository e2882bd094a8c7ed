"""/desk/today: the actions of the signed-in editor, or of all editors, since midnight UTC"""

from __future__ import annotations

import datetime as dt

from flask import render_template, request

from service.claims import activity
from service.pages.sign_in import desk_blueprint
from service.values.instants import utc_now
from service.web.runtime import caller, runtime

blp = desk_blueprint("today")


@blp.get("/desk/today")
def show_today() -> str:
    """Show today's actions by the signed-in editor or, with `?all`, by all editors."""
    midnight = dt.datetime.combine(utc_now().date(), dt.time(), dt.UTC)
    key_id = None if "all" in request.args else caller().key_id
    done = activity.list_activity(runtime().db, since=midnight, key_id=key_id)
    return render_template("desk/today.html", done=done, of_all=key_id is None)
