"""/v1/methodology"""

from __future__ import annotations

from service.schemas.methodology import MethodologyOut
from service.scores.methodology import Methodology, describe_methodology
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.runtime import runtime

blp = Blueprint("methodology", __name__, url_prefix="/v1", description="The methods behind scores and forecasts.")


@blp.route("/methodology")
@requires(Scope.READ)
@blp.response(200, MethodologyOut)
@blp.tagged
def get_methodology() -> Methodology:
    """Get the methods

    Returns every method in words, with its version, parameters and sources, and the average outlet that scores are
    compared with.
    """
    return describe_methodology(runtime().db)
