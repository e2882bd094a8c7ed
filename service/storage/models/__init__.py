"""The tables. No query and no rule lives here; who writes to one is heard by `service.storage.journal`."""

from service.storage import journal as _entries  # noqa: F401 - listens from here on
from service.storage.models.access import ApiKey, FormerSecret, KeptAnswer
from service.storage.models.claims import Claim, Report, Resolution, Version, Withdrawal
from service.storage.models.derived import ContextRow, ForecastRow, LearnerRow, Rate, Subtotal
from service.storage.models.ledger import Entry, Redaction, Seal
from service.storage.models.outbox import Outbox
from service.storage.models.outlets import Outlet, OutletAlias, OutletDomain
from service.storage.models.talk import Dispute, Reply

__all__ = [
    "ApiKey",
    "Claim",
    "ContextRow",
    "Dispute",
    "Entry",
    "ForecastRow",
    "FormerSecret",
    "KeptAnswer",
    "LearnerRow",
    "Outbox",
    "Outlet",
    "OutletAlias",
    "OutletDomain",
    "Rate",
    "Redaction",
    "Reply",
    "Report",
    "Resolution",
    "Seal",
    "Subtotal",
    "Version",
    "Withdrawal",
]
