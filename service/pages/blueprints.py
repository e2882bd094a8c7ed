"""The blueprints of all pages, of their files, and of the metrics."""

from __future__ import annotations

from service.api import (
    metrics,
)
from service.pages import (
    assets,
    calibration,
    chart_files,
    claim,
    claim_list,
    compare,
    crawlers,
    desk,
    docs,
    method,
    outlet,
    outlet_list,
    ranking,
    search,
    security,
    sign_in,
    sitemap,
    submissions,
    topic,
)
from service.pages.sharing import embed, feeds, oembed, previews

PAGES = (
    assets.blp,
    ranking.blp,
    topic.blp,
    outlet_list.blp,
    outlet.blp,
    calibration.blp,
    claim_list.blp,
    claim.blp,
    previews.blp,
    embed.blp,
    oembed.blp,
    feeds.blp,
    chart_files.blp,
    sitemap.blp,
    compare.blp,
    search.blp,
    method.blp,
    submissions.blp,
    sign_in.blp,
    *desk.BLUEPRINTS,
    docs.blp,
    security.blp,
    crawlers.blp,
    metrics.blp,
)
