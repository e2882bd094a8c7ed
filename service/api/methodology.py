"""/v1/methodology"""

from __future__ import annotations

from typing import Any

from service import methodology
from service.auth import requires
from service.runtime import runtime
from service.schemas.methodology import MethodologyOut
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint("methodology", __name__, url_prefix="/v1", description="The methods behind scores and forecasts.")


@blp.route("/methodology")
@requires(Scope.READ)
@blp.response(200, MethodologyOut)
@blp.tagged
def get_methodology() -> dict[str, Any]:
    """Get the methods

    Returns every method in words, with its version, parameters and sources, and the context that scores are compared
    with.
    """
    return methodology.describe_methodology(runtime().db)
