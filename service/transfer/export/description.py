"""The description of an export as a Frictionless Data Package: its files, their members, keys and licence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

import sqlalchemy as sa

from service import __version__
from service.storage.base import UtcDateTime
from service.storage.migrations import fingerprint
from service.transfer.export.tables import exported_columns, exported_tables

Json: TypeAlias = dict[str, object]

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


class Written(NamedTuple):
    """A written file."""

    lines: int
    size: int
    """In bytes."""
    digest: str
    """Its SHA-256."""


class Member(NamedTuple):
    """A member of the lines of a file."""

    name: str
    type: str
    description: str


_LINES: Mapping[str, tuple[Member, ...]] = {
    "outlets": (
        Member("slug", "string", "The outlet's short name, to which other lines refer."),
        Member("name", "string", "The name as readers know it."),
        Member("kind", "string", "The kind of publisher."),
        Member("domains", "array", "The hosts of the outlet; an object is one with a period."),
        Member("aliases", "array", "Other names."),
        Member("parent", "string", "The slug of the outlet that owns this one."),
        Member("scorable", "boolean", "Whether the outlet gets a score."),
        Member("merged_into", "string", "The slug of the outlet that this one counts as."),
    ),
    "claims": (
        Member("external_id", "string", "The id that the sender gave the claim, or else its own id."),
        Member("text", "string", "The proposition in words."),
        Member("kind", "string", "The kind of proposition: event, fact or opinion."),
        Member("topic", "string", "The subject of the claim as a path."),
        Member("tags", "array", "Further keywords."),
        Member("resolves_by", "datetime", "When the claim is due."),
        Member("group", "string", "The name of a group of claims that exclude each other."),
    ),
    "reports": (
        Member("claim", "string", "The `external_id` of the claim."),
        Member("outlet", "string", "The slug of the outlet."),
        Member("stance", "string", "The attitude of the outlet to the claim: support, deny, query or comment."),
        Member("stance_source", "string", "`probability` if the stance follows from the probability, else `stated`."),
        Member("commitment", "integer", "How firmly the outlet commits itself, from 1 to 4."),
        Member("lexicon", "string", "The version that read the commitment from the quote."),
        Member("probability", "number", "The probability that the outlet stated, from 0 to 1."),
        Member("published_at", "datetime", "When the report was published."),
        Member("published_precision", "string", "`day` if that was given as a date, else `instant`."),
        Member("url", "string", "The page of the report."),
        Member("quote", "string", "The words of the report."),
        Member("relays", "object", "The source that the outlet repeats."),
        Member("recorded_at", "datetime", "When the service recorded the report."),
    ),
    "resolutions": (
        Member("claim", "string", "The `external_id` of the claim."),
        Member("verdict", "string", "The verdict: true, false, partial, void or unverifiable."),
        Member("truth", "number", "The part of the claim that was true, of a partial verdict."),
        Member("known_at", "datetime", "When the answer was publicly known."),
        Member("known_precision", "string", "`day` if that was given as a date, else `instant`."),
        Member("evidence", "array", "The addresses of the evidence."),
        Member("note", "string", "The explanation."),
    ),
    "disputes": (
        Member("claim", "string", "The `external_id` of the claim whose resolution is disputed."),
        Member("reason", "string", "Why the resolution is wrong."),
        Member("evidence", "array", "The addresses of the evidence."),
        Member("via", "string", "`public form` if a stranger sent it and an editor accepted it, else `api`."),
        Member("closure", "object", "The reason with which it was closed; null while it is open."),
        Member("recorded_at", "datetime", "When the service recorded the dispute."),
    ),
    "replies": (
        Member("outlet", "string", "The slug of the outlet."),
        Member("claim", "string", "The `external_id` of the claim; null for a reply to the whole record."),
        Member("text", "string", "The words of the outlet."),
        Member("url", "string", "The address at which the outlet says it."),
        Member("via", "string", "`public form` if it was sent without a key and an editor accepted it, else `api`."),
        Member(
            "verified",
            "string",
            "The check by which an editor verified a reply from the public form.",
        ),
        Member("recorded_at", "datetime", "When the service recorded the reply."),
    ),
    "contexts": (
        Member("id", "string", "The name of the context."),
        Member("as_of", "datetime", "When it was fitted."),
        Member("basis", "string", "The basis of the scores that are compared with it."),
        Member("kappa", "number", "A parameter of record/2; GET /v1/methodology explains it, and the next three."),
        Member("offset", "number", "A parameter of record/2."),
        Member("drift", "number", "A parameter of record/2."),
        Member("shrinkage", "array", "Parameters of record/2."),
        Member("claims", "number", "The number of claims that it was fitted on."),
        Member("rates", "array", "The cells with their weights, in billionths."),
    ),
}
_KEYS: Mapping[str, str] = {"outlets": "slug", "claims": "external_id"}
_REFERENCES: Mapping[str, Mapping[str, str]] = {
    "reports": {"claim": "claims", "outlet": "outlets"},
    "resolutions": {"claim": "claims"},
    "disputes": {"claim": "claims"},
    "replies": {"claim": "claims", "outlet": "outlets"},
}


def describe_package(lines: Mapping[str, Written], tables: Mapping[str, Written], *, licence: str | None) -> Json:
    """Return the description of an export.

    Args:
        lines: The files of lines by name.
        tables: The files of tables by the name of the table.
        licence: The licence of the data, as an address or an identifier such as CC-BY-4.0; None if not stated.
    """
    described: Json = {
        "$schema": _PROFILE,
        "name": "borneout",
        "title": "The track record of news outlets",
        "description": "Claims, the reports of outlets on them, and whether they proved true. See README.txt.",
        "borneout": {"version": __version__, "schema": fingerprint()},
    }
    if licence is not None:
        described["licenses"] = [{"path" if "://" in licence else "name": licence}]
    described["resources"] = [*_line_resources(lines), *_table_resources(tables)]
    return described


def _line_resources(files: Mapping[str, Written]) -> Iterator[Json]:
    for name, written in files.items():
        fields: list[Json] = [{"name": "type", "type": "string", "description": "The type of the line."}]
        fields = fields if name != "contexts" else []
        fields += [each._asdict() for each in _LINES[name]]
        schema: Json = {"fields": fields}
        if name in _KEYS:
            schema["primaryKey"] = [_KEYS[name]]
        if name in _REFERENCES:
            schema["foreignKeys"] = [
                {"fields": [member], "reference": {"resource": target, "fields": [_KEYS[target]]}}
                for member, target in _REFERENCES[name].items()
            ]
        yield _resource(name, f"{name}.ndjson", written, schema)


def _table_resources(files: Mapping[str, Written]) -> Iterator[Json]:
    for table in exported_tables():
        columns = exported_columns(table)
        schema: Json = {
            "fields": [_field(column) for column in columns],
            "primaryKey": [column.name for column in table.primary_key],
        }
        references: list[Json] = [
            {"fields": [column.name], "reference": {"resource": _name(key.column.table), "fields": [key.column.name]}}
            for column in columns
            for key in column.foreign_keys
        ]
        if references:
            schema["foreignKeys"] = references
        yield _resource(_name(table), f"tables/{table.name}.ndjson", files[table.name], schema)


def _resource(name: str, path: str, written: Written, schema: Json) -> Json:
    return {
        "name": name,
        "path": path,
        "format": "ndjson",
        "mediatype": "application/x-ndjson",
        "encoding": "utf-8",
        "bytes": written.size,
        "hash": f"sha256:{written.digest}",
        "schema": schema,
    }


def _name(table: sa.FromClause) -> str:
    return f"table-{str(table).replace('_', '-')}"


def _field(column: sa.Column[object]) -> Json:
    field: Json = {"name": column.name, "type": _type(column)}
    constraints: Json = {} if column.nullable else {"required": True}
    if isinstance(column.type, sa.Enum):
        constraints["enum"] = list(column.type.enums)
    return field | ({"constraints": constraints} if constraints else {})


def _type(column: sa.Column[object]) -> str:
    for kind, name in _TYPES:
        if isinstance(column.type, kind):
            return name
    return "string"


_TYPES: tuple[tuple[type, str], ...] = (
    (UtcDateTime, "datetime"),
    (sa.Date, "date"),
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Float, "number"),
    (sa.JSON, "any"),
)
