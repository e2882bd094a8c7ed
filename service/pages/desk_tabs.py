"""The tabs of the desk, with the number of claims, submissions, imports or actions on each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from service.claims import activity, pending, queue
from service.transfer import jobs
from service.values.instants import utc_now
from service.web.runtime import caller, runtime

_JOBS = 20


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the desk, with the number of its entries."""

    words: str
    path: str
    count: str = ""
    section: str = ""
    """The path prefix of further pages that belong to the tab; empty if there are none."""


def list_tabs() -> list[Tab]:
    """Return the tabs of the desk, with the numbers for the signed-in editor."""
    now, db = utc_now(), runtime().db
    due = queue.count_due_claims(db, now=now)
    jobs_of_key = jobs.list_imports(db, caller=caller(), after=None, limit=_JOBS).items
    running = sum(job.finished_at is None for job in jobs_of_key)
    submissions = pending.count_pending(db, caller=caller())
    midnight = dt.datetime.combine(now.date(), dt.time(), dt.UTC)
    done = len(activity.list_activity(db, since=midnight, key_id=caller().key_id))
    return [
        Tab("Due claims", "/desk", f"{due:,}+" if due == queue.COUNTED else _shown(due)),
        Tab("Record a claim", "/desk/record", section="/desk/record/"),
        Tab("Disputes and replies", "/desk/pending", _shown(submissions), section="/desk/disputes"),
        Tab("Merge outlets", "/desk/merge"),
        Tab("Likely pairs", "/desk/pairs"),
        Tab("Import a file", "/desk/imports", f"{running} running" if running else "", section="/desk/imports/"),
        Tab("Done today", "/desk/today", _shown(done)),
    ]


def _shown(count: int) -> str:
    return f"{count:,}" if count else ""
