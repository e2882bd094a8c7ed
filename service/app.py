"""The application, assembled from its parts. Read this file first."""

from __future__ import annotations

from functools import partial

from flask import Flask

from service import __version__
from service.api import (
    audit,
    changes,
    claimreviews,
    claims,
    disputes,
    explanations,
    exports,
    forecasts,
    imports,
    keys,
    lookup,
    me,
    merges,
    methodology,
    metrics,
    outlets,
    overview,
    pending,
    queue,
    replies,
    reports,
    resolutions,
    scores,
    system,
    topics,
)
from service.cache.score_cache import ScoreCache
from service.config import Settings
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
from service.pages.layout import set_up_pages
from service.pages.sharing import embed, feeds, oembed, previews
from service.schemas.fields import DateOrInstant, Instant
from service.schemas.outlets import DatedDomain, DatedDomainOut
from service.schemas.reports import NamedOutlet
from service.storage.db import Database
from service.storage.identity import database_id
from service.telemetry.logs import set_up_logs
from service.telemetry.metrics import export_zeros
from service.web.auth import SECURITY_SCHEME, check_key, clear_actor
from service.web.base_path import set_up_base_path
from service.web.blueprint import Api, UnreservedConverter
from service.web.hot_path import set_up_hot_path
from service.web.middleware import set_up_middleware
from service.web.openapi import SERVERS, SERVICE, complete_document
from service.web.plain_types import simplify_types
from service.web.runtime import Runtime

MAX_BODY = 1 << 20  # bytes

_API = (
    outlets.blp,
    lookup.blp,
    claims.blp,
    merges.blp,
    reports.blp,
    resolutions.blp,
    disputes.blp,
    replies.blp,
    pending.blp,
    forecasts.blp,
    queue.blp,
    scores.blp,
    topics.blp,
    overview.blp,
    exports.blp,
    imports.blp,
    claimreviews.blp,
    explanations.blp,
    keys.blp,
    me.blp,
    audit.blp,
    changes.blp,
    methodology.blp,
    system.blp,
)
"""The blueprints of the API, in the order of the OpenAPI document."""
_PAGES = (
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


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application. The settings default to those of the environment, as under gunicorn."""
    if settings is None:
        set_up_logs()
        settings = Settings.from_env()
    export_zeros()
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(
        API_TITLE="Borneout",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={"info": SERVICE, "servers": SERVERS},
        MAX_CONTENT_LENGTH=MAX_BODY,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    db = Database(settings.database_url)
    cache = ScoreCache(settings.redis_url, partial(database_id, db), lease=settings.lease)
    replica = None if settings.replica_url is None else Database(settings.replica_url)
    app.extensions["runtime"] = Runtime(db, cache, settings, replica)
    app.url_map.converters["unreserved"] = UnreservedConverter
    set_up_middleware(app)
    if settings.base_path:
        set_up_base_path(app, settings.base_path)
    set_up_hot_path(app)
    app.before_request(check_key)
    app.teardown_request(clear_actor)
    api = Api(app)
    api.register_field(Instant, "string", "date-time")
    api.register_field(DateOrInstant, None, None)  # its formats are alternatives
    for schema in (NamedOutlet, DatedDomain, DatedDomainOut):  # referred to by fields that take several types
        api.spec.components.schema(schema.__name__, schema=schema)
    api.spec.components.security_scheme("apiKey", SECURITY_SCHEME)
    for blueprint in _API:
        api.register_blueprint(blueprint)
    for page in _PAGES:
        app.register_blueprint(page)
    set_up_pages(app)
    document = complete_document(api.render())
    simplify_types(document)
    app.extensions["document"] = document
    return app
