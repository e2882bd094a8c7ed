"""Assemble the Flask application from its parts. Read this file first."""

from __future__ import annotations

from functools import partial

from flask import Flask

from service import __version__
from service.api.blueprints import API
from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.pages.blueprints import PAGES
from service.pages.layout import set_up_pages
from service.schemas.fields import DateOrInstant, Instant
from service.schemas.named_outlets import NamedOutlet
from service.schemas.outlets import DatedDomain, DatedDomainOut
from service.storage.db import Database
from service.storage.identity import database_id
from service.telemetry.logs import set_up_logs
from service.telemetry.metrics import export_zeros
from service.web.auth import SECURITY_SCHEME, check_key, clear_actor
from service.web.base_path import set_up_base_path
from service.web.blueprint import Api, UnreservedConverter
from service.web.hot_path import set_up_hot_path
from service.web.middleware import set_up_middleware
from service.web.openapi import complete_document
from service.web.openapi_parts import SERVERS, SERVICE
from service.web.plain_types import simplify_types
from service.web.runtime import Runtime

MAX_BODY = 1 << 20  # bytes


def create_app(settings: Settings | None = None) -> Flask:
    """Return the Flask application. By default its settings are read from the environment."""
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
    for blueprint in API:
        api.register_blueprint(blueprint)
    for page in PAGES:
        app.register_blueprint(page)
    set_up_pages(app)
    document = complete_document(api.render())
    simplify_types(document)
    app.extensions["document"] = document
    return app
