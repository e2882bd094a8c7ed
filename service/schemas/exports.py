"""The query parameters of exports."""

from __future__ import annotations

from typing import TypedDict

import marshmallow as ma

from service.schemas.export_requests import ExportRequest, Format
from service.schemas.fields import Body, Text, byte_order_mark, one_of, topic
from service.schemas.lens_queries import BASIS, LensQuery
from service.schemas.moments import start_moment
from service.values.ids import SLUG_LENGTH
from service.values.vocabulary import Basis, ClaimKind, ClaimStatus, ExportFormat, OutletKind, Verdict

_ON_TOPIC = "Only those of claims on this topic, such as `football`, or on a topic below it."


class _Given(TypedDict, total=False):
    """The parsed parameters of an export: those of its format, without the filters that differ by export."""

    format: ExportFormat
    bom: bool


def _outlet(description: str) -> Text:
    return Text(SLUG_LENGTH, metadata={"description": f"{description} the outlet with this slug or id."})


class FormatQuery(Body):
    """The query parameters that all exports share: those of the file format."""

    format = one_of(ExportFormat, "The format. It takes precedence over `Accept`.")
    bom = byte_order_mark()

    @ma.post_load
    def make_request(self, given: _Given, **_: object) -> ExportRequest[_Given]:
        requested = Format(given.pop("format", None), given.pop("bom", False))
        return ExportRequest(requested, given)


class ExportedOutletsQuery(FormatQuery):
    """The filters of exported outlets."""

    since = start_moment("Only outlets that were recorded, changed or merged at or after this moment.")
    kind = one_of(OutletKind, "Only outlets of this kind.")
    parent = _outlet("Only outlets owned by")


class ExportedClaimsQuery(FormatQuery):
    """The filters of exported claims."""

    since = start_moment("Only claims that were recorded or changed at or after this moment.")
    topic = topic()
    outlet = _outlet("Only claims reported by")
    kind = one_of(ClaimKind, "Only claims of this kind.")
    status = one_of(ClaimStatus, "Only claims in this state.")
    verdict = one_of(Verdict, "Only claims whose resolution in effect has this verdict.")
    tag = Text(50, metadata={"description": "Only claims with this tag. Case is ignored."})
    group = Text(200, metadata={"description": "Only claims in the group with exactly this name."})


class ExportedReportsQuery(FormatQuery):
    """The filters of exported reports."""

    since = start_moment("Only reports that were recorded or corrected at or after this moment.")
    topic = topic(_ON_TOPIC)
    outlet = _outlet("Only reports by")
    kind = one_of(ClaimKind, "Only reports on claims of this kind.")


class ExportedResolutionsQuery(FormatQuery):
    """The filters of exported resolutions."""

    since = start_moment("Only resolutions that were recorded at or after this moment.")
    topic = topic(_ON_TOPIC)
    outlet = _outlet("Only resolutions of claims reported by")
    kind = one_of(ClaimKind, "Only resolutions of claims of this kind.")
    verdict = one_of(Verdict, "Only resolutions with this verdict.")


class ExportedScoresQuery(FormatQuery, LensQuery):
    """The lens and the filters of exported scores."""

    since = start_moment(
        "Only outlets that reported a claim with a report, correction, withdrawal or resolution that was "
        "added at or after this moment."
    )
    basis = one_of(Basis, BASIS, load_default=Basis.RESOLVED)
    kind = one_of(OutletKind, "Only outlets of this kind.")


class ExportedTopicsQuery(FormatQuery):
    """The filters of exported topics."""

    since = start_moment("Only topics with a claim that was recorded or changed at or after this moment.")
    topic = topic("Only this topic and those below it.")
