"""/v1/outlets/{outlet}/merge and /v1/claims/{claim_id}/merge"""

from __future__ import annotations

from uuid import UUID

from service.claims import merge as claim_merges
from service.claims.merge import ClaimMergeView
from service.outlets import merge as outlet_merges
from service.outlets.merge import MergeView
from service.schemas.merges import ClaimMergeIn, ClaimMergeOut, MergeIn, MergeOut
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.runtime import caller, runtime

blp = Blueprint(
    "merges", __name__, url_prefix="/v1", description="Merges of outlets, and of claims, that are the same."
)


@blp.route("/outlets/<outlet>/merge", methods=["POST"])
@requires(Scope.OUTLETS_WRITE)
@idempotent()
@blp.arguments(MergeIn)
@blp.response(201, MergeOut)
@blp.alt_response(
    200, schema=MergeOut, description="The outlet was already merged into that one: the existing merge.", success=True
)
@may_fail(409)
@blp.tagged
def merge_outlet(body: dict[str, str], outlet: str) -> tuple[MergeView, int, dict[str, str]]:
    """Merge an outlet into another one

    Use this call for two outlets that turn out to be the same. Afterwards requests for the merged outlet are
    redirected, and changes to it are rejected. Its reports count in the record of the other outlet: a claim that both
    reported counts once, and neither counts as a relay of the other.

    Repeating the call returns the existing merge (200). The call causes a 409 if the outlet was merged elsewhere
    (`outlet-merged`), if either outlet is part of another merge (`merge-chain`), or if the merge would create a cycle
    (`merge-cycle`).

    If the outlets have different stances on a resolved claim, a key that filed the claim or a report on it also needs
    the scope `resolutions:own`, otherwise the response is 403 (`own-claim`).
    """
    at, now = runtime(), utc_now()
    merge, is_new = outlet_merges.merge_outlet(at.db, at.cache, outlet, **body, caller=caller(), now=now)
    return merge, 201 if is_new else 200, {"Location": f"/v1/outlets/{merge.outlet}/merge"}


@blp.route("/outlets/<outlet>/merge")
@requires(Scope.READ)
@blp.response(200, MergeOut)
@blp.tagged
def get_merge(outlet: str) -> MergeView:
    """Get the merge of an outlet

    Returns the outlet that this one was merged into. An outlet that was not merged causes a 404.
    """
    return outlet_merges.get_merge(runtime().db, outlet)


@blp.route("/outlets/<outlet>/merge", methods=["DELETE"])
@requires(Scope.OUTLETS_WRITE)
@blp.response(204, description="The merge is undone. There is no body.")
@may_fail(409)
@blp.changes
def undo_merge(outlet: str, if_match: frozenset[str] | None) -> None:
    """Undo the merge of an outlet

    Restores the outlet's own record, including the reports that were filed for it since the merge.

    The call causes a 409 (`merge-cycle`) if changes since the merge would then form a cycle.

    If the outlets have different stances on a resolved claim, a key that filed the claim or a report on it also needs
    the scope `resolutions:own`, otherwise the response is 403 (`own-claim`).
    """
    at, now = runtime(), utc_now()
    outlet_merges.undo_merge(at.db, at.cache, outlet, if_match=if_match, caller=caller(), now=now)


@blp.route("/claims/<uuid:claim_id>/merge", methods=["POST"])
@requires(Scope.RESOLUTIONS_WRITE)
@idempotent()
@blp.arguments(ClaimMergeIn)
@blp.response(201, ClaimMergeOut)
@blp.alt_response(
    200,
    schema=ClaimMergeOut,
    description="The claim was already merged into that one: the existing merge.",
    success=True,
)
@may_fail(409)
@blp.tagged
def merge_claim(body: dict[str, UUID], claim_id: UUID) -> tuple[ClaimMergeView, int, dict[str, str]]:
    """Merge a claim into another one

    Use this call for two claims that turn out to be the same. The other claim gets the reports, resolutions, replies
    and reviews of this one, and an outlet that reported both counts once. Its text, kind, topic, group and due date do
    not change. Afterwards requests for the merged claim are redirected, changes to it are rejected, and its
    `external_id` leads to the other claim. A merge also applies to scores of past moments.

    If only one of the claims is resolved, its verdict applies to both. If both are, the resolution of the other claim
    stays in effect. Repeating the call returns the existing merge (200).

    A merge is rejected with 409 if the claim was merged elsewhere (`claim-merged`), if either claim is part of another
    merge (`merge-chain`), if relays would form a cycle (`merge-cycle`), or if another claim of the group is true
    (`group-resolved`). It is also rejected if the verdicts differ, if only one of the claims is an opinion, or if the
    resolution that would be replaced is disputed (`claims-contradict`).

    If one of the claims is resolved, a key that filed either claim or a report on it also needs the scope
    `resolutions:own`, else the response is 403 (`own-claim`).
    """
    at, now = runtime(), utc_now()
    merge, is_new = claim_merges.merge_claim(at.db, at.cache, claim_id, **body, caller=caller(), now=now)
    return merge, 201 if is_new else 200, {"Location": f"/v1/claims/{merge.claim}/merge"}


@blp.route("/claims/<uuid:claim_id>/merge")
@requires(Scope.READ)
@blp.response(200, ClaimMergeOut)
@blp.tagged
def get_claim_merge(claim_id: UUID) -> ClaimMergeView:
    """Get the merge of a claim

    Returns the claim that this one was merged into. A claim that was not merged causes a 404.
    """
    return claim_merges.get_claim_merge(runtime().db, claim_id)


@blp.route("/claims/<uuid:claim_id>/merge", methods=["DELETE"])
@requires(Scope.RESOLUTIONS_WRITE)
@blp.response(204, description="The merge is undone. There is no body.")
@may_fail(409)
@blp.changes
def undo_claim_merge(claim_id: UUID, if_match: frozenset[str] | None) -> None:
    """Undo the merge of a claim

    The reports, resolutions, replies and reviews that the merge moved return to the claim, with corrections made since.
    Reports and resolutions recorded since the merge stay with the other claim, except for resolutions that supersede a
    returned one.

    The call is rejected with 409 if changes made since the merge would then form a cycle of relays (`merge-cycle`) or
    make two claims of a group true (`group-resolved`).

    If one of the claims is resolved, a key that filed either claim or a report on it also needs the scope
    `resolutions:own`, else the response is 403 (`own-claim`).
    """
    at, now = runtime(), utc_now()
    claim_merges.undo_claim_merge(at.db, at.cache, claim_id, if_match=if_match, caller=caller(), now=now)
