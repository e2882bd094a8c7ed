"""The names and domains by which reports name outlets, in normal form (R21a)."""

from __future__ import annotations

from typing import NamedTuple, NotRequired, TypedDict

from service.errors import InvalidBody
from service.values.names import domain_key, host_of, name_key, shown_host, shown_name
from service.values.vocabulary import OutletKind


class OutletName(TypedDict):
    """The name and perhaps the domain of an outlet, which is created with the other members if it is unknown."""

    name: str
    domain: NotRequired[str | None]
    kind: NotRequired[OutletKind]
    parent: NotRequired[str | None]
    scorable: NotRequired[bool]


class Mention(NamedTuple):
    """The name of an outlet in a report, and its domain if one is given or the name is a host."""

    name: str
    key: str
    domain: str | None
    pointer: str
    """The member that gives the domain."""


def read_mention(given: OutletName) -> Mention:
    """Return a mention in normal form. A host as the name is also the domain, unless one is given (R21a).

    A host keeps its spelling in the name, such as `SoonerPoll.com`, but `https://www.bild.de/` is shown as `bild.de`.
    """
    host, name = host_of(given["name"]), shown_name(given["name"])
    if host is not None and name_key(name) != name_key(shown_host(host)):
        name = shown_host(host)
    domain = _domain_of(given)
    return Mention(name, name_key(name), domain or host, "/name" if domain is None else "/domain")


def _domain_of(given: OutletName) -> str | None:
    if (domain := given.get("domain")) is None:
        return None
    try:
        return domain_key(domain)
    except ValueError as exc:
        raise InvalidBody.at("/domain", str(exc), "invalid") from exc
