"""The models, one for each table. They contain no queries and no rules."""

from service.storage.models.access import ApiKey, FormerSecret, StoredResponse
from service.storage.models.claims import Claim, Report, Version, Withdrawal
from service.storage.models.fitted import ContextRow, ForecastRow, LearnerRow
from service.storage.models.identity import Identity, WorkerHost
from service.storage.models.imports import ImportChunk, ImportJob, ImportResult
from service.storage.models.ledger import Entry, Redaction, Seal
from service.storage.models.merges import ClaimMerge, DistinctClaims
from service.storage.models.outbox import Outbox
from service.storage.models.outlets import Outlet, OutletAlias, OutletDomain, OutletSpelling
from service.storage.models.replies import Reply
from service.storage.models.resolutions import Dispute, Resolution
from service.storage.models.standings import Standing
from service.storage.models.submissions import Submission
from service.storage.models.sums import Rate, Subtotal
from service.storage.models.topics import TopicRename

__all__ = [
    "ApiKey",
    "Claim",
    "ClaimMerge",
    "ContextRow",
    "Dispute",
    "DistinctClaims",
    "Entry",
    "ForecastRow",
    "FormerSecret",
    "Identity",
    "ImportChunk",
    "ImportJob",
    "ImportResult",
    "LearnerRow",
    "Outbox",
    "Outlet",
    "OutletAlias",
    "OutletDomain",
    "OutletSpelling",
    "Rate",
    "Redaction",
    "Reply",
    "Report",
    "Resolution",
    "Seal",
    "Standing",
    "StoredResponse",
    "Submission",
    "Subtotal",
    "TopicRename",
    "Version",
    "Withdrawal",
    "WorkerHost",
]
