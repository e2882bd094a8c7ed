"""Rows as the entries of the ledger record them, for the feed of changes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from service.scores.contexts import context_name
from service.values.vocabulary import ChangeKind

Data: TypeAlias = dict[str, object]


KINDS: Mapping[str, ChangeKind] = {
    "outlet": ChangeKind.OUTLET,
    "outlet_domain": ChangeKind.OUTLET,
    "outlet_alias": ChangeKind.OUTLET,
    "claim": ChangeKind.CLAIM,
    "claim_merge": ChangeKind.CLAIM_MERGE,
    "report": ChangeKind.REPORT,
    "withdrawal": ChangeKind.WITHDRAWAL,
    "resolution": ChangeKind.RESOLUTION,
    "dispute": ChangeKind.DISPUTE,
    "reply": ChangeKind.REPLY,
    "topic_rename": ChangeKind.TOPIC_RENAME,
    "redaction": ChangeKind.REDACTION,
    "context": ChangeKind.CONTEXT,
}
"""The kind of change for each table that is in the feed."""


class EnteredRow(NamedTuple):
    """A row after a write, as an entry of the ledger records it."""

    recorded_at: dt.datetime
    table: str
    key: str
    content: Mapping[str, object]
    """The columns by name; empty for a deleted row."""
    salt: str | None

    @classmethod
    def read(cls, recorded_at: dt.datetime, table: str, key: str, after: str | None, salt: str | None) -> EnteredRow:
        """Return the row that a ledger entry with these columns records."""
        return cls(recorded_at, table, key, {} if after is None else json.loads(after), salt)

    @property
    def subject(self) -> str:
        """The id of the outlet, claim or other record that changed."""
        return context_name(int(self.key)) if self.table == "context" else outlet_of(self.table, self.key) or self.key

    def plain(self, *names: str) -> Data:
        """Return columns that the ledger stores unchanged, by name."""
        return {name: self.content.get(name) for name in names}


def outlet_of(table: str, key: str) -> str | None:
    """Return the id of the outlet that a row belongs to; None if it belongs to none."""
    return key.partition(" ")[0] if KINDS[table] is ChangeKind.OUTLET else None
