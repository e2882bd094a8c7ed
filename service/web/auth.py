"""Authentication, scopes and rate limits. The decorator that checks a scope also documents it."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable
from typing import Literal, ParamSpec, TypeVar
from uuid import UUID

from flask import Response, after_this_request, g, request
from flask_smorest import Blueprint as SmorestBlueprint

from service.access import authenticate
from service.access.limits import LimitStatus, address_in
from service.errors import Forbidden, TooManyRequests, Unauthorized
from service.storage.actors import CURRENT_ACTOR, UNNAMED, Actor
from service.storage.db_errors import is_unavailable
from service.values.instants import utc_now
from service.values.vocabulary import Caller, Scope
from service.web.calls import strict
from service.web.documentation import may_fail
from service.web.responses import forbid_caching
from service.web.runtime import caller, runtime
from service.web.session_cookie import current_reader

P = ParamSpec("P")
R = TypeVar("R")

SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, which begins with `bo_`. Enter only the key: it is sent as "
    "`Authorization: Bearer bo_...`. Each operation names the scope that it requires; `admin` includes all others.",
}

log = logging.getLogger(__name__)

_INVALID = "This API key does not exist, was revoked or has expired. Send a valid key as Authorization: Bearer bo_..."
_READS = ("GET", "HEAD")
_BEARER = re.compile(r"(?:^|,)\s*bearer(?![!#$%&'*+.^_`|~\w-])", re.IGNORECASE | re.ASCII)
BEARER_KEY = re.compile(rf"(?i:bearer)\s+({authenticate.KEY.pattern})\s*", re.ASCII)
FAILURES = "failures"


def requires(*scopes: Scope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Require an API key with one of these scopes, or any valid key if none is given, and count the call.

    A view with the scope `read` needs no key unless the operator has closed public reading. It then needs a key with
    that scope, or a session that was started with one.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        view = strict(view)  # inside the check, so that a missing scope is reported first

        @functools.wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            _authorize(scopes)
            return view(*args, **kwargs)

        security = [{"apiKey": [scope.value]} for scope in scopes] or [{"apiKey": list[str]()}]
        security += [{}] if Scope.READ in scopes else []
        statuses = (401, 429, 403) if scopes else (401, 429)
        documented: Callable[P, R] = SmorestBlueprint.doc(security=security)(may_fail(*statuses)(checked))
        return documented

    return decorate


def check_key() -> None:
    """Reject an API call with an invalid API key, even if the call needs no key.

    CORS preflight requests are not checked. While the database is unavailable, a read is treated like one without a
    key; if it needs a key, the response is 503.

    Raises:
        Unauthorized: The key is not valid.
        TooManyRequests: The address has sent too many invalid keys.
    """
    g.key = None
    is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not is_api_call() or is_preflight:
        return
    try:
        g.key = _find_key()
    except Exception as exc:
        if request.method not in _READS or not is_unavailable(exc):
            raise
        log.warning("The database is unavailable: %s", exc)


def is_api_call() -> bool:
    """Return whether the request is for the API, and not for a page."""
    return f"{request.path}/".startswith("/v1/")


def sends_key() -> bool:
    """Return whether the request has an `Authorization: Bearer` header. Proxies may use other schemes."""
    return _BEARER.search(request.headers.get("Authorization", "")) is not None


def set_caller(found: Caller) -> None:
    """Make a key the caller of the current request, and the author of the rows that it writes."""
    g.caller = found
    CURRENT_ACTOR.set(Actor(key_id=found.key_id, request_id=g.request_id))


def clear_actor(_error: BaseException | None) -> None:
    """Reset the author of rows at the end of a request, because the thread serves other requests later."""
    if "caller" in g:
        CURRENT_ACTOR.set(UNNAMED)


def check_scope(*scopes: Scope) -> None:
    """Check that the caller has one of these scopes.

    Raises:
        Forbidden: The key has none of them.
    """
    if not caller().scopes.intersection(scopes):
        raise Forbidden(f"Your key lacks the scope {' or '.join(scopes)}. Use a key that has it.")


def count_call(kind: Literal["reads", "writes"], key_id: UUID | None, *, calls: int = 1) -> None:
    """Count a call against the limit of its API key, or of its IP address if it has no key.

    A batch counts as several calls.

    Raises:
        TooManyRequests: The limit is exceeded.
    """
    at = runtime()
    if (limits := at.settings.limits) is None:
        return
    name = client_address() if key_id is None else f"key:{key_id}"
    g.limit = at.limiter.count(kind, name, limits.reads if kind == "reads" else limits.writes, calls=calls)
    _reject_over(g.limit)


def count_failure() -> None:
    """Count an invalid key against the limit of the client's address.

    Raises:
        TooManyRequests: The limit is exceeded.
    """
    at = runtime()
    if at.settings.limits is not None:
        _reject_over(at.limiter.count(FAILURES, client_address(), at.settings.limits.failures))


def check_failures() -> None:
    """Reject a request from an address that has sent too many invalid keys, before its key is looked up.

    Raises:
        TooManyRequests: The limit is exceeded, as this process knows without calling Redis.
    """
    at = runtime()
    if at.settings.limits is not None:
        _reject_over(at.limiter.known_over(FAILURES, client_address(), at.settings.limits.failures))


def client_address() -> str:
    """Return the IP address of the client, which identifies it for rate limits if it has no valid key."""
    return address_in(request.environ, trusted_proxies=runtime().settings.trusted_proxies)


def _reject_over(limit: LimitStatus | None) -> None:
    if limit is not None and limit.is_over:
        g.limit = limit
        counted = "invalid keys" if limit.name == FAILURES else limit.name
        detail = f"You sent more than {limit.quota.calls} {counted} in {limit.quota.seconds} s."
        raise TooManyRequests(f"{detail} Wait {limit.resets_in} s.", retry_after=limit.resets_in)


def _authorize(scopes: tuple[Scope, ...]) -> None:
    """Authenticate the caller, count the call and check its scopes."""
    takes_readers = Scope.READ in scopes
    is_public = takes_readers and runtime().settings.public_read
    if takes_readers and not is_public:
        _authenticate_reader()
    elif not is_public:
        _authenticate()
    known: Caller | None = g.key if is_public else caller()
    is_read = takes_readers or request.method in _READS
    count_call("reads" if is_read else "writes", None if known is None else known.key_id)
    if scopes and not is_public:
        check_scope(*scopes)


def _authenticate_reader() -> None:
    """Require a key or a session for a read while public reading is closed, and forbid caching."""
    after_this_request(_forbid_shared_caching)
    if g.key is None and (reader := current_reader(now=utc_now())) is not None:
        set_caller(reader)
    else:
        _authenticate()


def _forbid_shared_caching(response: Response) -> Response:
    response.vary.update(("Authorization", "Cookie"))
    return forbid_caching(response)


def _authenticate() -> None:
    if (found := g.key or _find_key()) is None:
        raise Unauthorized("You sent no API key. Send one as Authorization: Bearer bo_...")
    set_caller(found)


def _find_key() -> Caller | None:
    """Return the owner of the key in the request; None if it has no key.

    Raises:
        Unauthorized: The key is not valid.
        TooManyRequests: The address has sent too many invalid keys.
    """
    if not sends_key():
        return None
    check_failures()
    now, at = utc_now(), runtime()
    sent = BEARER_KEY.fullmatch(request.headers["Authorization"])
    if sent is None:
        found = None
    elif request.method in _READS:
        found = at.known_keys.find(sent[1], now=now)
    else:
        found = _find_writing_key(sent[1])
    if found is None:
        count_failure()
        raise Unauthorized(_INVALID)
    return found


def _find_writing_key(secret: str) -> Caller | None:
    """Return the owner of a secret; the same query finds the response stored for the Idempotency-Key."""
    sent = request.headers.get("Idempotency-Key")
    found = authenticate.find_key(runtime().db, secret, idempotency_key=sent, now=utc_now())
    if found is None:
        return None
    g.stored_response = found.response
    return found.caller
