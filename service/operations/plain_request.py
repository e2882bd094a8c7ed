"""Parse plain requests: complete GET or HEAD requests of HTTP/1.1 without a body.

Requests that two parsers could read differently are not plain, and are left to gunicorn's parser. A request that
gunicorn rejects is never plain, and a plain request has the same meaning for both parsers.
"""

from __future__ import annotations

import re

LONGEST = 4096  # bytes, less than gunicorn's limits for a line and a header
_MOST_HEADERS = 50

# The path needs no decoding, and the values need no trimming.
_REQUEST = re.compile(
    r"(GET|HEAD) (/(?:[A-Za-z0-9._~-][A-Za-z0-9._~/-]*)?)(?:\?([A-Za-z0-9._~!$'()*+,;:@/?=&%-]*))? HTTP/1\.1\r\n"
    r"((?:[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n"
)
_REFUSED = frozenset(
    {
        "HTTP_CONTENT_LENGTH",
        "HTTP_CONTENT_TYPE",
        "HTTP_EXPECT",
        "HTTP_HTTP2_SETTINGS",
        "HTTP_KEEP_ALIVE",
        "HTTP_PROXY_CONNECTION",
        "HTTP_TE",
        "HTTP_TRAILER",
        "HTTP_TRANSFER_ENCODING",
        "HTTP_UPGRADE",
    }
)
"""The headers about a body or the connection, which a plain request must not have."""


def read_plain(received: bytes) -> dict[str, str] | None:
    """Return the WSGI environment of a request, without the addresses; None if it is not plain."""
    if (match := _REQUEST.fullmatch(received.decode("latin-1"))) is None:
        return None
    method, path, query, block = match.groups("")
    lines = block[:-2].split("\r\n")
    fields = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (line.split(": ", 1) for line in lines)
    }
    if (
        len(fields) < len(lines)  # a repeated header
        or len(lines) > _MOST_HEADERS
        or "HTTP_HOST" not in fields
        or fields.get("HTTP_CONNECTION", "keep-alive").lower() != "keep-alive"
        or not _REFUSED.isdisjoint(fields)
    ):
        return None
    return {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "", **fields}
