"""The tables. No query and no rule lives here."""

from service.models.access import ApiKey, FormerSecret, KeptAnswer
from service.models.claims import Claim, Report, Resolution, Version, Withdrawal
from service.models.derived import ContextRow, ForecastRow, LearnerRow, Rate, Subtotal
from service.models.outbox import Outbox
from service.models.outlets import Outlet, OutletAlias, OutletDomain

__all__ = [
    "ApiKey",
    "Claim",
    "ContextRow",
    "ForecastRow",
    "FormerSecret",
    "KeptAnswer",
    "LearnerRow",
    "Outbox",
    "Outlet",
    "OutletAlias",
    "OutletDomain",
    "Rate",
    "Report",
    "Resolution",
    "Subtotal",
    "Version",
    "Withdrawal",
]
