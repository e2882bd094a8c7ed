"""/v1/overview"""

from __future__ import annotations

from service.schemas.overview import OverviewOut
from service.scores.overview import Overview, read_overview
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.runtime import runtime

blp = Blueprint("overview", __name__, url_prefix="/v1/overview", description="The whole record at a glance.")


@blp.route("")
@requires(Scope.READ)
@blp.response(200, OverviewOut)
def get_overview() -> Overview:
    """Get the overview

    Returns the numbers of outlets and claims, the most recently decided claims, the open claims that most outlets
    report, and the biggest surprises: claims on which outlets were unexpectedly right or wrong. The front page shows
    the same lists.
    """
    return read_overview(runtime().db, now=utc_now())
