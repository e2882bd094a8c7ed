"""The data of changes: rows from the ledger, with the texts that it stores only as hashes.

A text is read from the current row, or from the earlier version of it that matches the hash. A redaction therefore also
removes the text from earlier changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.outlets.describe import WHOLE, outlet_state
from service.scores.contexts import stored_context
from service.storage.base import Base, table_of
from service.storage.entries import Values, hash_value
from service.storage.models import (
    Claim,
    ContextRow,
    Dispute,
    Outlet,
    Redaction,
    Reply,
    Report,
    Resolution,
    Version,
    Withdrawal,
)
from service.storage.predicates import is_among
from service.transfer.entered_rows import KINDS, Data, EnteredRow, outlet_of
from service.transfer.export.comments import context_line
from service.values.instants import format_instant
from service.values.vocabulary import Basis, ChangeKind, Verdict

_WITH_TEXT: Mapping[str, type[Base]] = {
    "claim": Claim,
    "report": Report,
    "withdrawal": Withdrawal,
    "resolution": Resolution,
    "dispute": Dispute,
    "reply": Reply,
    "redaction": Redaction,
}
"""The models with columns that the ledger stores only as hashes, by table name."""


class ChangeData:
    """The data of several changes. The rows that they refer to are read in bulk."""

    def __init__(self, session: Session, rows: Sequence[EnteredRow]) -> None:
        """Read the current rows, earlier versions and outlets that the changes refer to."""
        self._session = session
        keys: defaultdict[str, set[UUID]] = defaultdict(set)
        for row in rows:
            if row.table in _WITH_TEXT:
                keys[row.table].add(UUID(row.key))
        self._current = {table: self._read(_WITH_TEXT[table], ids) for table, ids in keys.items()}
        self._versions = self._read_versions(keys["claim"] | keys["report"])
        named = {row.content.get(name) for row in rows for name in ("outlet_id", "cited_id")}
        self._slugs = self._read_slugs({UUID(str(id_)) for id_ in named if id_ is not None})
        self._outlets = self._read_outlets({UUID(outlet) for row in rows if (outlet := outlet_of(row.table, row.key))})

    def of(self, row: EnteredRow) -> Data:
        """Return the data that the feed shows for a change."""
        return {"id": row.subject, **_DESCRIBE[KINDS[row.table]](self, row)}

    def _read(self, model: type[Base], ids: Iterable[UUID]) -> dict[str, Values]:
        table = table_of(model)
        [key] = table.primary_key
        rows = self._session.execute(sa.select(table).where(is_among(self._session, key, ids))).mappings()
        return {str(row[key.name]): row for row in rows}

    def _read_versions(self, ids: Iterable[UUID]) -> dict[str, list[Mapping[str, object]]]:
        versions: defaultdict[str, list[Mapping[str, object]]] = defaultdict(list)
        rows = sa.select(Version.subject_id, Version.content).where(is_among(self._session, Version.subject_id, ids))
        for subject, content in self._session.execute(rows):
            versions[str(subject)].append(content)
        return versions

    def _read_slugs(self, ids: Iterable[UUID]) -> dict[object, str]:
        rows = sa.select(Outlet.id, Outlet.slug).where(is_among(self._session, Outlet.id, ids))
        return {str(id_): slug for id_, slug in self._session.execute(rows)}

    def _read_outlets(self, ids: Iterable[UUID]) -> dict[str, Outlet]:
        rows = sa.select(Outlet).where(is_among(self._session, Outlet.id, ids)).options(*WHOLE)
        return {str(outlet.id): outlet for outlet in self._session.scalars(rows)}

    def _texts(self, row: EnteredRow, *names: str) -> Data:
        """Return the texts of columns that the ledger stores as hashes, by column name."""
        return {name: self._text(row, name) for name in names}

    def _text(self, row: EnteredRow, name: str) -> object:
        entered = row.content.get(name)
        if entered is None:
            return None
        current = self._current[row.table][row.key][name]
        if row.salt is None:  # part of the row was redacted, so its hashes can no longer be compared
            return current
        known = [current, *(version.get(name) for version in self._versions.get(row.key, ()))]
        same = (value for value in known if value is not None and hash_value(value, row.salt) == entered)
        return next(same, current)

    def _redacted(self, row: EnteredRow) -> Data:
        return {"redacted": self._current[row.table][row.key]["redacted"] or []}

    def _slug(self, row: EnteredRow, name: str) -> str | None:
        id_ = row.content.get(name)
        return None if id_ is None else self._slugs[id_]

    def outlet(self, row: EnteredRow) -> Data:
        """Return the current state of an outlet."""
        state = outlet_state(self._outlets[row.subject])
        names = ("slug", "name", "kind", "domains", "aliases", "parent", "scorable", "merged_into")
        return {**{name: getattr(state, name) for name in names}, "recorded_at": format_instant(state.recorded_at)}

    def claim(self, row: EnteredRow) -> Data:
        """Return the data of a change to a claim."""
        members = ("kind", "topic", "tags", "resolves_by", "group", "external_id", "recorded_at")
        merged_into = row.content.get("merged_into_id")
        return {
            **self._texts(row, "text"),
            **row.plain(*members),
            "merged_into": merged_into,
            "reviews": _shown_reviews(self._text(row, "reviews")),
            **self._redacted(row),
        }

    def report(self, row: EnteredRow) -> Data:
        """Return the data of a change to a report."""
        cited = {"outlet": self._slug(row, "cited_id"), **self._texts(row, "cited_as")}
        return {
            "claim": row.content["claim_id"],
            "outlet": self._slug(row, "outlet_id"),
            **row.plain("stance", "stance_source", "commitment", "lexicon", "probability"),
            **row.plain("published_at", "published_precision"),
            **self._texts(row, "url", "quote"),
            "relays": cited if row.content["is_relay"] else None,
            **row.plain("recorded_at", "corrected_at"),
            **self._redacted(row),
        }

    def withdrawal(self, row: EnteredRow) -> Data:
        """Return the data of a report's withdrawal."""
        return {"report": row.key, **self._texts(row, "reason"), **row.plain("recorded_at")}

    def resolution(self, row: EnteredRow) -> Data:
        """Return the data of a resolution, with its position among the resolutions of its claim."""
        is_partial = row.content.get("verdict") == Verdict.PARTIAL
        return {
            "claim": row.content["claim_id"],
            **row.plain("position", "verdict"),
            "truth": row.content.get("truth") if is_partial else None,
            **row.plain("known_at", "known_precision"),
            **self._texts(row, "evidence", "note"),
            "supersedes": row.content.get("supersedes_id"),
            **row.plain("recorded_at"),
            **self._redacted(row),
        }

    def dispute(self, row: EnteredRow) -> Data:
        """Return the data of a dispute, with its closure if it is closed."""
        closed_at = row.content.get("closed_at")
        closure = {
            "reason": self._text(row, "closing_reason"),
            "resolution": row.content.get("closing_resolution_id"),
            "recorded_at": closed_at,
        }
        return {
            "resolution": row.content["resolution_id"],
            **self._texts(row, "reason", "evidence"),
            **row.plain("via"),
            "closure": None if closed_at is None else closure,
            **row.plain("recorded_at"),
            **self._redacted(row),
        }

    def reply(self, row: EnteredRow) -> Data:
        """Return the data of a reply, with its withdrawal if it is withdrawn."""
        withdrawn_at = row.content.get("withdrawn_at")
        withdrawal = {"reason": self._text(row, "withdrawal_reason"), "recorded_at": withdrawn_at}
        return {
            "outlet": self._slug(row, "outlet_id"),
            "claim": row.content.get("claim_id"),
            **self._texts(row, "text", "url"),
            **row.plain("via"),
            **self._texts(row, "verified"),
            "withdrawn": None if withdrawn_at is None else withdrawal,
            **row.plain("recorded_at"),
            **self._redacted(row),
        }

    def topic_rename(self, row: EnteredRow) -> Data:
        """Return the data of a topic rename."""
        return {"from": row.content["source"], **row.plain("into", "claims", "recorded_at", "undone_at")}

    def claim_merge(self, row: EnteredRow) -> Data:
        """Return the data of a merge of one claim into another."""
        members = row.plain("recorded_at", "undone_at")
        return {"claim": row.content["claim_id"], "into": row.content["into_id"], **members}

    def redaction(self, row: EnteredRow) -> Data:
        """Return the data of a redaction: its subject, the redacted members and the reason."""
        members = row.plain("members", "recorded_at")
        return {"subject": row.content["subject_id"], **members, **self._texts(row, "reason")}

    def context(self, row: EnteredRow) -> Data:
        """Return the export lines of a score context, one for each basis with enough resolved claims."""
        stored = self._session.get_one(ContextRow, int(row.key))
        fitted = [basis for basis in Basis if stored.contexts[basis] is not None]
        lines = [context_line(stored_context(self._session, stored, basis), basis) for basis in fitted]
        return {"contexts": lines, **row.plain("recorded_at")}


def _shown_reviews(notes: object) -> list[object]:
    """Return the reviews of a claim without the internal member `merged_from`."""
    reviews = notes if isinstance(notes, list) else []
    return [{name: value for name, value in note.items() if name != "merged_from"} for note in reviews]


_DESCRIBE: Mapping[ChangeKind, Callable[[ChangeData, EnteredRow], Data]] = {
    ChangeKind.OUTLET: ChangeData.outlet,
    ChangeKind.CLAIM: ChangeData.claim,
    ChangeKind.CLAIM_MERGE: ChangeData.claim_merge,
    ChangeKind.REPORT: ChangeData.report,
    ChangeKind.WITHDRAWAL: ChangeData.withdrawal,
    ChangeKind.RESOLUTION: ChangeData.resolution,
    ChangeKind.DISPUTE: ChangeData.dispute,
    ChangeKind.REPLY: ChangeData.reply,
    ChangeKind.TOPIC_RENAME: ChangeData.topic_rename,
    ChangeKind.REDACTION: ChangeData.redaction,
    ChangeKind.CONTEXT: ChangeData.context,
}
