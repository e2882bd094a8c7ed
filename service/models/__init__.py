"""The tables. No query and no rule lives here."""

from service.models.access import ApiKey, FormerSecret, KeptAnswer
from service.models.claims import Claim, Report, Resolution, Version, Withdrawal
from service.models.derived import ContextRow, ForecastRow, LearnerRow, Rate, Subtotal
from service.models.outbox import Outbox
from service.models.outlets import Outlet, OutletAlias, OutletDomain
from service.models.talk import Dispute, Reply

__all__ = [
    "ApiKey",
    "Claim",
    "ContextRow",
    "Dispute",
    "ForecastRow",
    "FormerSecret",
    "KeptAnswer",
    "LearnerRow",
    "Outbox",
    "Outlet",
    "OutletAlias",
    "OutletDomain",
    "Rate",
    "Reply",
    "Report",
    "Resolution",
    "Subtotal",
    "Version",
    "Withdrawal",
]
