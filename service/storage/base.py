"""The base class of all models, and the column type for instants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.attributes import instance_dict, manager_of_class

R = TypeVar("R", bound="Base")


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """A column type for datetimes with a time zone, which are read back in UTC from both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """The base class of all models. Its naming convention lets a migration drop constraints by name."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dt.datetime: UtcDateTime, list[str]: sa.JSON, dict[str, Any]: sa.JSON}


def table_of(model: type[Base]) -> sa.Table:
    """Return the table of a model."""
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - a model could also map a join or a query
    return table


def detached(model: type[R], values: Mapping[str, object]) -> R:
    """Return a new row that belongs to no session, with the given columns and relationships.

    This is ten times as fast as the constructor, because the ORM does not record the values as changes.
    """
    row: R = manager_of_class(model).new_instance()
    instance_dict(row).update(values)
    return row


def plain(model: type[R], values: dict[str, object]) -> R:
    """Return an object with the attributes of a row, for code that only reads them.

    The ORM does not track the object, so it cannot be added to a session, but its attributes are read several times as
    fast as those of a row.
    """
    row = object.__new__(_plain_class(model))
    row.__dict__ = values
    return cast("R", row)


def is_plain(row: Base) -> bool:
    """Return whether a row was made by `plain`."""
    return not isinstance(row, Base)


@cache
def _plain_class(model: type[Base]) -> type[object]:
    return type(f"Plain{model.__name__}", (), {})
