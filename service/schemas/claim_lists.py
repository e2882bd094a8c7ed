"""Lists of claims in requests and responses."""

from __future__ import annotations

from collections.abc import Mapping

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas import shown
from service.schemas.claims import EXTERNAL_ID_LENGTH, ClaimSummary
from service.schemas.fields import AnyText, PageQuery, Text, one_of, topic
from service.schemas.moments import start_moment
from service.values.ids import SLUG_LENGTH
from service.values.vocabulary import ClaimKind, ClaimOrder, ClaimStatus, Verdict

SEARCH_LENGTH = 1000


_Q = (
    "Only claims whose text contains all of these words, in any order. Case, accents and English word "
    "endings are ignored: `signs` finds `signed`, and `Muller` finds `Müller`. In texts without spaces "
    "between words, such as Chinese, the characters of a word must be adjacent."
)


_LIKE = (
    "A headline or other text. Returns up to five claims that share the most and rarest words with it, "
    "the best match first. Can only be combined with `limit`."
)


_ON_ITS_OWN = "Cannot be combined with `like`. Leave one of the two out."


class FoundClaimOut(ClaimSummary):
    """A claim in a list, with the words that match the text of a search by `like`."""

    words = ma.fields.List(
        ma.fields.String(),
        required=True,
        allow_none=True,
        metadata={
            "description": "The words that the claim shares with `like`, as written in the claim and in its order; "
            "null without `like`.",
            "example": ["striker", "signed", "Arsenal"],
        },
    )


ClaimPage = shown.page_of("ClaimPage", FoundClaimOut, "claims")


class ClaimQuery(PageQuery):
    """Filter and paging parameters for the list of claims."""

    status = one_of(ClaimStatus, "Only claims in this state.")
    verdict = one_of(Verdict, "Only claims whose resolution in effect has this verdict.")
    outlet = Text(SLUG_LENGTH, metadata={"description": "Only claims reported by the outlet with this slug or id."})
    topic = topic()
    kind = one_of(ClaimKind, "Only claims of this kind.")
    tag = Text(50, metadata={"description": "Only claims with this tag. Case is ignored."})
    group = Text(200, metadata={"description": "Only claims in the group with exactly this name."})
    external_id = Text(EXTERNAL_ID_LENGTH, metadata={"description": "Only the claim with this external id."})
    q = Text(SEARCH_LENGTH, metadata={"description": _Q})
    like = Text(SEARCH_LENGTH, metadata={"description": _LIKE})
    url = AnyText(
        validate=Length(1, 2000),
        metadata={
            "description": "Only claims with a report on this page. The scheme, `www.`, `m.`, the fragment, a "
            "trailing slash, and tracking parameters such as `utm_source` are ignored.",
        },
    )
    recorded_since = start_moment("Only claims that this service recorded at or after this moment.")
    published_since = start_moment("Only claims with a report that was published at or after this moment.")
    resolved_since = start_moment("Only claims whose resolution in effect was recorded at or after this moment.")
    resolves_before = start_moment("Only claims that are due before this moment.")
    disputed = ma.fields.Boolean(
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "Only claims with an open dispute (`true`), or only claims without one (`false`)."},
    )
    sort = one_of(ClaimOrder, "The order of the list.", load_default=ClaimOrder.NEWEST)

    @ma.validates_schema(pass_original=True)
    def refuse_filters_beside_like(self, _data: object, original: Mapping[str, object], **_: object) -> None:
        if "like" in original and (others := sorted(set(original) - {"like", "limit"})):
            raise ma.ValidationError({name: [_ON_ITS_OWN] for name in others})
