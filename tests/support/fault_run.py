"""Run a load through a fault, and check the records afterwards."""

from __future__ import annotations

import time
from collections import Counter

from service.storage.db import Database
from tests.support.api_document import ApiDocument
from tests.support.fault_check import find_damage
from tests.support.fault_injection import FAULTS, Site
from tests.support.fault_load import Load, Observed

GRACE = 5.0  # seconds after Redis is back, during which a score may be stale (R20)
COLUMNS = ("acknowledged", "sent again", "no answer", "503", "409", "scores read", "hits")
"""The counts in a row of the table of faults."""


def run_fault(site: Site, name: str, *, seconds: float) -> tuple[Observed, Counter[str]]:
    """Run a load through a fault, wait until the service has recovered, and check the records.

    Args:
        site: The service to inject the fault into.
        name: The fault, a key of FAULTS.
        seconds: The duration of the fault.

    Returns:
        The responses that writers and readers received, and everything that went wrong.
    """
    fault, slug, calm = FAULTS[name], name.replace(" ", "-"), min(1.0, seconds)
    document = ApiDocument(site.service.call("GET", "/openapi.json")[1])
    with fault.beside(site) as ports:
        load = Load([site.service.port, *ports], document, slug)
        time.sleep(calm)
        started_at = time.monotonic()
        with fault.inject(site):
            time.sleep(seconds)
        site.service.wait_until_ready(("ok",))
        recovered_at = time.monotonic()
        time.sleep(calm + (GRACE if fault.lags else 0))
        observed = load.stop()
    db = Database(site.database_url)
    try:
        wrong = find_damage(site.service, db, observed, slug)
    finally:
        db.close()
    first, last = (started_at, recovered_at + GRACE) if fault.lags else (0.0, 0.0)
    wrong["stale reads"] = sum(not first <= at <= last for at in observed.stale)
    return observed, +(wrong + observed.violations)


def describe(name: str, observed: Observed, wrong: Counter[str]) -> str:
    """Return a row of the table of faults."""
    counts = " ".join(f"{observed.counts[column]:>12}" for column in COLUMNS)
    times = f"{len(observed.stale):>7} {observed.slowest['write']:>8.2f} {observed.slowest['read']:>8.2f}"
    return f"{name:20} {counts} {times}  {'; '.join(f'{count} {what}' for what, count in wrong.items()) or '-'}"
