"""The public forms: dispute a result, reply as an outlet, and the sender's link"""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from service.storage.models import Submission
from service.values.vocabulary import Scope
from service.web.runtime import Runtime
from tests.support.editor import SAME_ORIGIN, Editor
from tests.support.submissions import VERIFIED, WRONG, accept, pending, refuse
from tests.support.world import HOSTILE, World, application_on, report

pytestmark = pytest.mark.sqlite_alone  # tests/api/test_pending.py stores submissions on both databases


@pytest.fixture
def claim(world):
    """A claim of two outlets that proved true."""
    claim = world.record(report("Herald"), report("Tribune", stance="deny"))
    world.resolve(claim, "true")
    return claim


def send(world, path, text=WRONG, *, headers=SAME_ORIGIN, client=None, **fields):
    return (client or world.client).post(path, data={"text": text, **fields}, headers=headers)


def restarted(world, **settings):
    """Return a client of another process with other settings, which shares the cache."""
    at = world.runtime
    return World(application_on(world.app, Runtime(at.db, at.cache, replace(at.settings, **settings))))


def page(world, path, status=200):
    response = world.client.get(path, headers={"Accept": "text/html"})
    assert status == response.status_code, response.text
    return unescape(response.text)


def test_links_on_pages(world, claim):
    """
    The pages of claims and outlets link to both forms, also below a base path.
    """
    for path in (f"/claims/{claim['id']}", "/outlets/herald"):
        html = page(world, path)
        assert f'href="{path}/dispute"' in html
        assert f'href="{path}/reply"' in html
        for form in ("dispute", "reply"):
            assert 'name="robots" content="noindex"' in page(world, f"{path}/{form}")
    assert (
        f'action="/base/claims/{claim["id"]}/dispute"'
        in world.client.get(f"/claims/{claim['id']}/dispute", environ_overrides={"SCRIPT_NAME": "/base"}).text
    )
    assert f'href="/claims/{claim["id"]}/dispute"' in page(world, "/outlets/herald/dispute")


def test_dispute(world, claim):
    """
    A dispute without a key is stored, and its sender gets a link that shows only its status.
    """
    links, text = "https://example.org/a\r\n https://example.org/b", "One.\r\nSee https://www.example.org."
    response = send(world, f"/claims/{claim['id']}/dispute", text, links=links, email="a@example.org")
    location = response.headers["Location"]
    shown = world.client.get(location)
    secret = re.search(r"link=([\w-]+)", location)[1]

    [waiting] = pending(world)
    assert (303, "no-store") == (response.status_code, response.headers["Cache-Control"])
    assert ("One.\nSee https://www.example.org.", ["https://example.org/a", "https://example.org/b"]) == (
        waiting["text"],
        waiting["links"],
    )
    assert "a@example.org" == waiting["email"]
    assert len(secret) >= 22
    with world.runtime.db.read() as session:
        assert secret not in str([vars(row) for row in session.query(Submission)])
    assert ("no-store", "no-referrer", "noindex") == tuple(
        shown.headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")
    )
    assert "Keep this link" in shown.text
    again = page(world, f"/submissions?link={secret}")
    assert "Your dispute is waiting for an editor" in again
    for text in ("Keep this link", "One.", "a@example.org", "example.org/a"):
        assert text not in again


def test_answers(world, claim):
    """
    The sender's link shows that a submission was accepted or refused, with the reason; pages show what was accepted,
    with links as text and the check of the editor.
    """
    path = f"/claims/{claim['id']}"
    sent = [
        send(world, f"{path}/dispute", links="https://example.org/a"),
        send(world, f"{path}/dispute", "Another bridge."),
        send(world, f"{path}/reply", HOSTILE, outlet="tribune", links="https://tribune.example/1"),
        send(world, "/outlets/herald/reply", "We regret it.", links="https://herald.example/1"),
    ]
    first, second, on_claim, general = pending(world)
    accept(world, first)
    refuse(world, second, "It is the same bridge.")
    for reply in (on_claim, general):
        accept(world, reply, verified=VERIFIED)

    states = [page(world, one.headers["Location"]) for one in sent]
    html, outlet = page(world, path), page(world, "/outlets/herald")
    assert ["was accepted", "was not accepted", "was accepted", "was accepted"] == [
        re.search(r"was (not )?accepted", each)[0] for each in states
    ]
    assert "It is the same bridge." in states[1]
    assert f'href="{path}"' in states[0]
    for text in (WRONG, "https://example.org/a", "https://tribune.example/1", f"Verified by an editor: {VERIFIED}"):
        assert text in html
    assert not re.search(r'href="https://(example.org|tribune.example|herald.example)', html + outlet)
    assert f"Verified by an editor: {VERIFIED}" in outlet
    assert "Another bridge." not in html
    assert "<script>alert" not in world.client.get(path).text
    assert "Page not found" in page(world, "/submissions?link=nothing", 404)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "See www.a.example and https://b.example", "links": "https://c.example https://d.example"}, "links"),
        ({"links": "javascript:alert(1)"}, "links"),
        ({"email": "reader"}, "email"),
        ({"website": "https://spam.example"}, "website"),
    ],
)
def test_wrong_fields(world, claim, fields, place):
    """
    An invalid field is named in the summary and at the field, which keeps its value, and nothing is stored.
    """
    response = send(world, f"/claims/{claim['id']}/dispute", **{"text": WRONG, **fields})

    assert 422 == response.status_code
    assert f'href="#{place}"' in response.text
    assert ('aria-invalid="true"' in response.text) is (place != "website")
    assert fields.get("email", "") in response.text
    assert [] == pending(world)


def test_all_errors_of_a_form(world, claim):
    """
    All errors of a form are shown at once, in the order of its fields.
    """
    wrong = {"email": "reader", "links": "x", "website": "x"}
    response = send(world, f"/claims/{claim['id']}/reply", " ", **wrong)

    assert 422 == response.status_code
    assert ["outlet", "text", "links", "email", "website"] == re.findall(r'<li><a href="#(\w+)"', response.text)
    assert 'id="outlet-wrong"' in response.text


def test_reply_has_one_link_and_a_reporting_outlet(world, claim):
    """
    A reply gives at most one link of its own, and comes from an outlet that reported the claim.
    """
    path = f"/claims/{claim['id']}/reply"
    world.outlet("Echo")

    assert 422 == send(world, path, outlet="herald", links="https://a.example https://b.example").status_code
    assert 422 == send(world, path, outlet="echo").status_code
    assert "Choose the outlet that replies" in send(world, path).text
    assert 404 == send(world, path, outlet="nobody").status_code
    assert ["Herald", "Tribune"] == re.findall(r'name="outlet"[^>]*> (\w+)<', page(world, path))
    assert [] == pending(world)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", **SAME_ORIGIN},
        {"Sec-Fetch-Site": "same-site", **SAME_ORIGIN},
        {"Sec-Fetch-Site": "none", **SAME_ORIGIN},
    ],
)
def test_forged_forms(world, claim, headers):
    """
    A form that the browser does not confirm to be ours is rejected.
    """
    for path in (f"/claims/{claim['id']}/dispute", f"/claims/{claim['id']}/reply", "/outlets/herald/reply"):
        assert 403 == send(world, path, outlet="herald", headers=headers).status_code
    assert [] == pending(world)


def test_five_a_day(reconfigure, world, claim):
    """
    An address may send five submissions a day, even without rate limits and behind proxies. A rejected form keeps the
    text.
    """
    reconfigure(limits=None, trusted_proxies=1)
    path = f"/claims/{claim['id']}/dispute"

    def sent(address, forged=""):
        headers = {"X-Forwarded-For": f"{forged}{address}", **SAME_ORIGIN}
        return send(world, path, "The sixth.", headers=headers)

    assert [303] * 5 == [sent("192.0.2.7", f"{n}.1.1.1, ").status_code for n in range(5)]
    over = sent("192.0.2.7")
    assert (429, True, True) == (over.status_code, "Retry-After" in over.headers, "The sixth." in over.text)
    assert 303 == sent("192.0.2.8").status_code
    with world.runtime.db.read() as session:
        senders = {row.sender for row in session.query(Submission)}
    assert 2 == len(senders)
    assert not any("192.0.2" in sender for sender in senders)


def test_turned_off(world, claim):
    """
    If the forms are turned off, pages show the contact, and forms are rejected; links of senders still work.
    """
    path = f"/claims/{claim['id']}"
    link = send(world, f"{path}/dispute").headers["Location"]
    page(world, "/outlets/herald")  # cached with the links
    world = restarted(world, public_disputes=False, contact="mailto:desk@example.org")

    for shown in (path, "/outlets/herald"):
        html = page(world, shown)
        assert f'href="{shown}/dispute"' not in html
        assert 'href="mailto:desk@example.org">Write to desk@example.org' in html
    for form in (f"{path}/dispute", f"{path}/reply", "/outlets/herald/dispute", "/outlets/herald/reply"):
        assert "desk@example.org" in page(world, form)
    assert 403 == send(world, f"{path}/dispute").status_code
    assert "waiting for an editor" in page(world, link)
    assert 1 == len(pending(world))
    world = restarted(world, contact=None)
    assert "Something wrong?" not in page(world, path)


def test_closed_reading(reconfigure, world, claim):
    """
    If reading requires a key, so do the forms; a session that may read sends them, and the sender's link needs none.
    """
    app = reconfigure(public_read=False)
    path = f"/claims/{claim['id']}/dispute"
    reader, checker = Editor(app, Scope.READ).signed_in(), Editor(app, Scope.RESOLUTIONS_WRITE).signed_in()

    assert [401, 401] == [world.client.get(path).status_code, send(world, path).status_code]
    assert [403, 403] == [checker.client.get(path).status_code, send(world, path, client=checker.client).status_code]
    assert 200 == reader.client.get(path).status_code
    link = send(world, path, client=reader.client).headers["Location"]
    assert "waiting for an editor" in page(world, link)


def test_merged_while_writing(world, claim):
    """
    R22, R22a: if the claim or the outlet was merged while the form was filled in, the form is shown for the other one,
    with the text.
    """
    target = world.record(report("Echo"), text="It opens.")
    world.post(f"/v1/claims/{claim['id']}/merge", {"into": target["id"]})
    world.post("/v1/outlets/tribune/merge", {"into": "herald"})

    for path, other in (
        (f"/claims/{claim['id']}/dispute", f"/claims/{target['id']}/dispute"),
        ("/outlets/tribune/reply", "/outlets/herald/reply"),
    ):
        response = send(world, path)
        assert (409, True, True) == (response.status_code, WRONG in response.text, f'action="{other}"' in response.text)
        assert "was merged into the one shown below" in response.text
        assert 422 == send(world, path, " ").status_code
        assert other == world.client.get(path).headers["Location"]
        assert 303 == send(world, other).status_code
    assert 422 == send(world, f"/claims/{claim['id']}/reply").status_code  # it names no outlet


def test_nothing_to_dispute(world):
    """
    A claim without a result has no form, and a form that is sent anyway is rejected.
    """
    claim = world.record()
    path = f"/claims/{claim['id']}/dispute"

    assert "<textarea" not in page(world, path)
    assert 409 == send(world, path).status_code
    assert "No claim of this outlet has a result to dispute." in page(world, "/outlets/herald/dispute")
    for unknown in ("/claims/0192aa00-0000-7000-8000-000000000000", "/outlets/nobody"):
        assert {404} == {world.client.get(f"{unknown}/{form}").status_code for form in ("dispute", "reply")}
        assert 404 == send(world, f"{unknown}/reply", outlet="herald").status_code
