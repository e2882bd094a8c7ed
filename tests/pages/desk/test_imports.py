"""/desk/imports"""

from __future__ import annotations

import html
import io
import re

import pytest

from service.storage.models import ImportJob, Report
from service.values.vocabulary import Scope
from tests.support.editor import SAME_ORIGIN, Editor, problem_text
from tests.support.import_jobs import flat_csv, process_imports, send_file

pytestmark = pytest.mark.sqlite_alone  # the jobs are tested on both databases


@pytest.fixture
def editor(app):
    return Editor(app).signed_in()


def drop(editor, content, *, name="reports.csv", headers=SAME_ORIGIN, **fields):
    """Send the form with a file."""
    data = {**fields, "file": (io.BytesIO(content.encode()), name)}
    return editor.client.post("/desk/imports", data=data, headers=headers)


def text_of(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_file_from_a_form(world, editor):
    """
    An editor uploads a file, follows its import, and sees why lines were rejected.
    """
    response = drop(editor, flat_csv("bridge", "tunnel") + "Herald,road,The road is closed.,yesterday,\n")
    assert 303 == response.status_code
    path = response.headers["Location"]

    waiting = text_of(editor.page(path))
    assert "Waiting" in waiting
    process_imports(world)
    page = editor.page(path)

    assert "Done . 3 lines: 2 recorded, 0 completed, 0 unchanged, 1 rejected." in text_of(page)
    assert "Line 4 published_at" in text_of(page)
    assert "reports.csv" in text_of(editor.page("/desk/imports"))
    results = editor.client.get(f"{path}/results")
    assert (3, "application/x-ndjson") == (len(results.text.splitlines()), results.content_type)


def test_options(world, editor):
    """
    The fields of the form are the options of the import.
    """
    content = "Quelle;claim_id;claim;published_at\nHerald;b;It opens.;14.02.2026\n"
    response = drop(editor, content, locale="de", map="outlet=Quelle\n", feed="desk", encoding="", dry_run="yes")
    process_imports(world)

    assert "Done (check only, nothing was recorded). 1 line: 1 recorded" in text_of(
        editor.page(response.headers["Location"])
    )
    assert 0 == world.count(Report)


def test_problem_beside_the_form(world, editor):
    """
    An invalid option is named beside the form, and nothing is stored.
    """
    response = drop(editor, flat_csv("bridge"), encoding="klingon")

    assert 400 == response.status_code
    assert "klingon" in problem_text(response)
    assert 0 == world.count(ImportJob)


def test_cancel(world, editor):
    """
    An editor cancels an import.
    """
    path = drop(editor, flat_csv("bridge")).headers["Location"]
    assert 303 == editor.send(f"{path}/cancellation").status_code
    process_imports(world)

    assert "Cancelled" in text_of(editor.page(path))
    assert 0 == world.count(Report)


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://example.org"}, {"Sec-Fetch-Site": "cross-site"}])
def test_form_of_another_site(world, editor, headers):
    """
    A file that another site sends through the browser of an editor is rejected.
    """
    assert 403 == drop(editor, flat_csv("bridge"), headers=headers).status_code
    assert 0 == world.count(ImportJob)


def test_rights(world, app):
    """
    A key without claims:write cannot import, and no key sees the imports of another key.
    """
    reader = Editor(app, Scope.RESOLUTIONS_WRITE).signed_in()
    assert 403 == drop(reader, flat_csv("bridge")).status_code
    job = send_file(world, flat_csv("bridge")).json

    for path in (f"/desk/imports/{job['id']}", f"/desk/imports/{job['id']}/results"):
        assert 404 == reader.client.get(path).status_code
    assert 404 == reader.send(f"/desk/imports/{job['id']}/cancellation").status_code
