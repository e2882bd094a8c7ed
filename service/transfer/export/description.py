"""Describe an export as a Frictionless Data Package: its files, their members, keys and licence."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import NamedTuple, TypeAlias

import sqlalchemy as sa

from service import __version__
from service.storage.base import UtcDateTime
from service.storage.migrations import fingerprint
from service.transfer.export.tables import exported_columns, exported_tables

Json: TypeAlias = dict[str, object]

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


class Written(NamedTuple):
    """The size and hash of a written file."""

    lines: int
    size: int
    """The size in bytes."""
    digest: str
    """The SHA-256 of the file in hexadecimal."""


_MEMBERS: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(
    resources.files("service.transfer.export").joinpath("members.toml").read_text("utf-8")
)
"""The type and description of each member of the lines in a file, by the name of the file."""
_KEYS: Mapping[str, str] = {"outlets": "slug", "claims": "external_id"}
_REFERENCES: Mapping[str, Mapping[str, str]] = {
    "reports": {"claim": "claims", "outlet": "outlets"},
    "resolutions": {"claim": "claims"},
    "disputes": {"claim": "claims"},
    "replies": {"claim": "claims", "outlet": "outlets"},
}


def describe_package(lines: Mapping[str, Written], tables: Mapping[str, Written], *, licence: str | None) -> Json:
    """Return the Data Package description of an export.

    Args:
        lines: The files outside `tables`, by name.
        tables: The files in `tables`, by the name of the table.
        licence: The licence of the data as a URL or an identifier such as CC-BY-4.0; None if the operator gave none.
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
        fields += [
            {"name": member, "type": type_, "description": description}
            for member, (type_, description) in _MEMBERS[name].items()
        ]
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
