"""/v1/me"""

from __future__ import annotations

from service.access import keys
from service.access.keys import KeyView
from service.schemas.keys import MeOut
from service.web.auth import caller, requires
from service.web.blueprint import Blueprint
from service.web.runtime import runtime

blp = Blueprint("me", __name__, url_prefix="/v1", description="The API key that you send.")


@blp.route("/me")
@requires(None)
@blp.response(200, MeOut)
def get_me() -> tuple[KeyView, int, dict[str, str]]:
    """Get your API key

    Returns the id, the name, the scopes and the expiry of the key that is sent. Any valid key may call it.
    """
    key_id = caller().key_id
    assert key_id is not None  # noqa: S101 - only keys are accepted here
    return keys.get_key(runtime().db, key_id), 200, {"Cache-Control": "no-store"}
