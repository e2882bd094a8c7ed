"""/v1/me"""

from __future__ import annotations

from flask import after_this_request

from service.access import keys
from service.access.keys import KeyView
from service.schemas.keys import MeOut
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.responses import forbid_caching
from service.web.runtime import caller, runtime

blp = Blueprint("me", __name__, url_prefix="/v1", description="The API key that you send.")


@blp.route("/me")
@requires()
@blp.response(200, MeOut)
def get_me() -> KeyView:
    """Get your API key

    Returns the id, the name, the scopes and the expiry of the key that you send. Any valid key can make this call.
    """
    after_this_request(forbid_caching)
    key_id = caller().key_id
    assert key_id is not None  # noqa: S101 - a session cannot call /v1/me
    return keys.get_key(runtime().db, key_id)
