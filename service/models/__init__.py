"""The tables. No query and no rule lives here; who writes to one is heard by `service.entries`."""

from service import entries as _entries  # noqa: F401 - listens from here on
from service.models.access import ApiKey, FormerSecret, KeptAnswer
from service.models.claims import Claim, Report, Resolution, Version, Withdrawal
from service.models.derived import ContextRow, ForecastRow, LearnerRow, Rate, Subtotal
from service.models.ledger import Entry, Redaction, Seal
from service.models.outbox import Outbox
from service.models.outlets import Outlet, OutletAlias, OutletDomain
from service.models.talk import Dispute, Reply

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
