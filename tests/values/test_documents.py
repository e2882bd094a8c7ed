"""service.values.documents: ETags of documents"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from service.values.documents import as_json, etag_of


@dataclass(frozen=True)
class Document:
    """A document with an id."""

    id: UUID
    name: str
    last_used_at: dt.datetime | None = None


KEY = Document(UUID(int=1), "feed")


@pytest.mark.parametrize("change", [{"id": UUID(int=2)}, {"name": "other"}])
def test_etag_changes_with_a_member(change):
    """
    The ETag of a document changes with each of its members.
    """
    assert etag_of(KEY) == etag_of(replace(KEY))
    assert etag_of(KEY) != etag_of(replace(KEY, **change))


def test_etag_ignores_the_last_use():
    """
    The time of the last use changes without a change by a client, and does not change the ETag.
    """
    assert etag_of(KEY) == etag_of(replace(KEY, last_used_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    assert etag_of([KEY]) == etag_of([replace(KEY, last_used_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))])


def test_json_of_a_document():
    """
    A document becomes JSON types, with the text of ids and times.
    """
    assert {"id": str(KEY.id), "name": "feed", "last_used_at": None} == as_json(KEY)
