"""/v1/methodology"""

from __future__ import annotations

from typing import Any

from service import methodology
from service.auth import requires
from service.runtime import runtime
from service.schemas.methodology import MethodologyOut
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint("methodology", __name__, url_prefix="/v1", description="By what methods scores and forecasts are made")


@blp.route("/methodology")
@requires(Scope.READ)
@blp.response(200, MethodologyOut)
@blp.tagged
def get_methodology() -> dict[str, Any]:
    """Get every method in plain words, with its version, parameters and sources"""
    return methodology.describe_methodology(runtime().db)
