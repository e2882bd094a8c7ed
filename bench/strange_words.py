"""What a stranger may put where something sensible is expected."""

# ruff: noqa: RUF001 - that letters look like others is what some are about

from __future__ import annotations

UUIDS = (
    "00000000-0000-0000-0000-000000000000",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "0192aa0000007000800000000000",
)
INSTANTS = (
    *("2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-12:00"),
    *("2026-01-01T00:00:60Z", "2026-01-01T00:00:00.123456789Z", "2026-01-01", "2026-01-01T24:00:00Z", "2026-W01-1"),
    *("2026-01-01T00:00:00+25:00", "2026-01-01 00:00:00z", "0000-00-00T00:00:00Z", "-0001-01-01T00:00:00Z", "1e9"),
)
TEXTS = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\x7f",
        "\u202e",
        "é",
        "e\u0301",
        "ß",
        "İ",
        "ǆ",
        "ﬀ",
        "\ufeff",
        "\ufffe",
        "\U0001f600" * 60,
    ),
    *(
        "a" * 101,
        "a" * 2001,
        "Z" * 9000,
        "../../etc/passwd",
        "%00",
        "%",
        "%zz",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
    ),
    *("null", "NaN", "-0", "9" * 30, "0x10", "１２", "0.9999999999999999999", "+1", "1_0", "true", "\ud800", "x\udfff"),
    *(
        "http://[::1",
        "http://ex ample.com/",
        "//",
        "\\",
        "\r\n",
        "a,b",
        "lookup",
        ".",
        "..",
        "*",
        '"',
        "W/",
        "xn--a",
        "١",
    ),
    *("https://user:pw@herald.example:99999/x", "javascript:alert(1)", "http://\u2100.example", "a" * 64 + ".example"),
    *("and or not near*", '"', "herald AND (", "\u0600", "\u2028", "\U000e0001", "\ud83d", "☃.example", "ＨＴＴＰ://x"),
)
NUMBERS = (
    0,
    -0.0,
    -1,
    1,
    0.5,
    1e308,
    -1e308,
    5e-324,
    2**31,
    2**63,
    -(2**63) - 1,
    10**30,
    10**400,
    1e400,
    float("nan"),
)
ODD = (None, True, False, [], {}, [[]], [None], {"": ""}, *NUMBERS, *TEXTS, *INSTANTS, *UUIDS)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW", "CONNECT")
CONTENT_TYPES = (
    *("application/json", "application/json; charset=utf-8", "application/json; charset=utf-16", "APPLICATION/JSON"),
    *(
        "application/merge-patch+json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "/",
    ),
    *(
        "application/xml",
        "application/json, text/html",
        "multipart/form-data; boundary=x",
        "é",
        "application/problem+json",
    ),
)
HEADERS = {
    "If-Match": ("*", 'W/"x"', '"x"', "x", "", ",", '*, "x"', '"' * 9, 'W/"\xff"'),
    "If-None-Match": ("*", 'W/"x"', '"x"', "", ",", "W/", '"a", "b", *'),
    "Idempotency-Key": ("", " ", "a b", "\xff", "k" * 256, "k" * 255, "a,b", '"a"', "\t"),
    "X-Request-ID": ("", "a b", "x" * 200, "\xff", "ok-1", "<b>", "../x"),
    "Accept": ("*/*", "text/html", "application/xml", "", ";q=2", "application/json;q=0", "text/csv"),
    "Accept-Encoding": ("gzip", "br;q=x", "", "identity;q=0"),
    "Content-Encoding": ("gzip", "identity", "br", "", "IDENTITY", "\xff"),
    "Range": ("bytes=0-1", "bytes=9-1", "bytes=-", "lines=1-2", "bytes=0-0,1-1", "bytes=99999999999999999999-", ""),
    "If-Modified-Since": ("Sun, 22 Nov 2026 00:00:00 GMT", "yesterday", "Sun, 99 Nov 2026 00:00:00 GMT", ""),
    "If-Range": ('"x"', "yesterday"),
    "Origin": ("https://other.example", "null", "\xff"),
    "Host": ("", "other.example", "[::1", "a b", "x:99999", "\xff"),
    "X-Forwarded-For": ("203.0.113.9", "x", ", ,", "::1", "\xff", "1.2.3.4, " * 50),
    "X-Forwarded-Proto": ("https", "x"),
    "X-HTTP-Method-Override": ("DELETE",),
    "Cookie": ("a=b", "=;=", "\xff=\xff", "session=" + "a" * 1000),
    "Expect": ("100-continue", "something", ""),
    "Upgrade": ("websocket", "h2c"),
    "Forwarded": ("for=_x;by=y", '"'),
    "User-Agent": ("", "\xff", "x" * 4000),
    "TE": ("trailers",),
    "Content-Language": ("\xff",),
}
KEYS = (
    "",
    "Bearer",
    "Bearer ",
    "Basic bzo=",
    "Bearer bo_" + "a" * 24,
    "Bearer \xff",
    "bearer",
    "Token x",
    "Bearer a b",
)
