"""For whom a call is counted, and what becomes of one too many."""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import Literal
from uuid import UUID

from flask import g, request

from service.access.limits import LimitStatus
from service.errors import TooManyRequests
from service.web.runtime import runtime

_FAILURES = "failures"
_PORT = re.compile(r"^(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?$", re.ASCII)


def count_call(kind: Literal["reads", "writes"], key_id: UUID | None) -> None:
    """Count a call for a key, or without one for the address that it comes from.

    Raises:
        TooManyRequests: It is one too many.
    """
    at = runtime()
    if (limits := at.settings.limits) is None:
        return
    who = _address() if key_id is None else f"key:{key_id}"
    g.standing = at.limiter.count(kind, who, limits.reads if kind == "reads" else limits.writes)
    _check(g.standing)


def count_failure() -> None:
    """Count an invalid key for the address that it comes from.

    Raises:
        TooManyRequests: There were too many of them.
    """
    at = runtime()
    if at.settings.limits is not None:
        _check(at.limiter.count(_FAILURES, _address(), at.settings.limits.failures))


def check_failures() -> None:
    """Refuse to look at any more keys from an address that has sent too many invalid ones.

    Raises:
        TooManyRequests: This one has, and this process knows.
    """
    at = runtime()
    if at.settings.limits is not None:
        _check(at.limiter.known_over(_FAILURES, _address(), at.settings.limits.failures))


def _check(standing: LimitStatus | None) -> None:
    if standing is not None and standing.is_over:
        g.standing = standing
        raise TooManyRequests(
            f"More than {standing.quota.calls} {standing.name} in {standing.quota.seconds} s.",
            retry_after=standing.resets_in,
        )


def _address() -> str:
    """Return the name under which calls without a key are counted.

    Behind proxies of the operator this is the entry that the outermost of them added to `X-Forwarded-For`. A client can
    write what it likes to the left of that entry, so it is found by counting from the right.
    """
    proxies = runtime().settings.trusted_proxies
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    is_forwarded = 0 < proxies <= len(hops) and "X-Forwarded-For" in request.headers
    return _network(hops[-proxies].strip() if is_forwarded else request.remote_addr or "")


@functools.lru_cache(1024)
def _network(text: str) -> str:
    """Return the network of an address: an IPv4 address without its port, or the /64 network of an IPv6 address.

    Everything that is not an address shares one name, so that made-up text does not get a quota of its own.

    >>> _network("192.0.2.7"), _network("192.0.2.7:1001"), _network("[::ffff:192.0.2.7]:1002")
    ('ip:192.0.2.7', 'ip:192.0.2.7', 'ip:192.0.2.7')
    >>> _network("2001:db8::7"), _network("[2001:db8::8]:443"), _network("unknown")
    ('ip:2001:db8::/64', 'ip:2001:db8::/64', 'ip:none')
    """
    bare = _PORT.sub(r"\1\2", text)
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return "ip:none"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return f"ip:{mapped or ipaddress.ip_network((int(address), 64), strict=False)}"
    return f"ip:{address}"
