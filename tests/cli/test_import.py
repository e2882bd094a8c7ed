"""borneout import: streams, options, and what it prints"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading

import pytest

from tests.support.command import Command
from tests.support.flat_lines import claims, line, summary

pytestmark = pytest.mark.sqlite_alone  # reading a file does not depend on the database

HEADER = "outlet;claim_id;claim;published_at;probability;outcome;resolved_at\n"
NATIONAL = HEADER + "".join(
    f"Kicker;{number};Er kommt {number}.;14.02.2024;0,8;WAHR;01.03.2024\n" for number in range(1, 5)
)


@pytest.fixture
def command(settings):
    return Command(settings)


def borneout(settings, *arguments, **options):
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "service.cli", *map(str, arguments), "--data-dir", settings.data_dir]
    environment = os.environ | {
        "BORNEOUT_DATABASE_URL": settings.database_url,
        "BORNEOUT_REDIS_URL": settings.redis_url,
    }
    return subprocess.run(command, check=False, capture_output=True, env=environment, **options)


def printed(result):
    """Return the lines about rejected lines."""
    return [text for text in result.stderr.splitlines() if "rejected" in text]


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input(world, settings, name):
    """
    The standard input is read to its end, also as a path, and without a known size.
    """
    done = borneout(settings, "import", name, input=gzip.compress(json.dumps(line()).encode()))

    assert (0, summary(created=1)) == (done.returncode, done.stdout.decode().strip())
    assert 1 == len(claims(world))


@pytest.mark.usefixtures("world")
def test_named_pipe(command, tmp_path):
    """
    A pipe, such as <(zcat reports.gz) in a shell, is read once from its start to its end.
    """
    os.mkfifo(pipe := tmp_path / "pipe")
    data = "".join(json.dumps(line(claim_id=f"c{number}")) + "\n" for number in range(600))
    writer = threading.Thread(target=pipe.write_text, args=[data])
    writer.start()
    done = command("import", pipe)
    writer.join()

    assert (0, summary(created=600)) == (done.exit_code, done.stdout.strip())


def test_national_file_without_a_locale(world, command, tmp_path):
    """
    Each kind of national cell is explained once, with the line where it was found first and the number of others.
    """
    (file := tmp_path / "mappe.csv").write_text(NATIONAL)
    results = tmp_path / "results.ndjson"

    done = command("import", file, "--results", results)

    assert (1, summary(rejected=4)) == (done.exit_code, done.stdout.strip())
    first, *others = printed(done)
    assert first.startswith("line 2 rejected (invalid-body): /")
    assert 3 == first.count("locale")
    assert {
        "7 more cells were rejected like the one on line 2 (national-date).",
        "3 more cells were rejected like the one on line 2 (decimal-comma).",
        "3 more cells were rejected like the one on line 2 (national-word).",
    } == set(others)
    problems = [json.loads(text)["problem"]["errors"] for text in results.read_text().splitlines()]
    assert [4, 4, 4, 4] == [len(errors) for errors in problems]
    assert {} == claims(world)


def test_national_file_with_its_locale(world, command, tmp_path):
    """
    With its locale a national file is loaded.
    """
    (file := tmp_path / "mappe.csv").write_text(NATIONAL)

    done = command("import", file, "--locale", "de")

    assert (0, summary(created=4), []) == (done.exit_code, done.stdout.strip(), printed(done))
    text, _, [report], resolution = claims(world)["1"]
    assert ("Er kommt 1.", 0.8, "2024-02-14T00:00:00Z") == (text, report["probability"], report["published_at"])
    assert ("true", "2024-03-01T23:59:59.999999Z") == (resolution["verdict"], resolution["known_at"])


def test_other_errors_are_printed_for_each_line(command, tmp_path):
    """
    An error that is no national notation is printed for each line, also beside one that was printed before.
    """
    rows = "Kicker;1;a;14.02.2024;;;\nKicker;2;a;15.02.2024;;maybe;\nKicker;3;a;never;;;\nKicker;4;a;never;;;\n"
    (file := tmp_path / "mappe.csv").write_text(HEADER + rows)

    _, second, third, fourth, last = printed(command("import", file))

    assert second.startswith("line 3 rejected (invalid-body): /outcome: ")
    assert "published_at" not in second
    assert third.replace("line 4", "line 5") == fourth
    assert "1 more cell was rejected like the one on line 2 (national-date)." == last


def test_damaged_in_the_middle(world, command, tmp_path):
    """
    The lines before the damage of a file are loaded and have results, as those of a job do.
    """
    rows = "".join(f"Herald,{number},{f'{number} or ' * 300}0.,2024-02-14\n" for number in range(50))
    (file := tmp_path / "a.gz").write_bytes(gzip.compress(f"outlet,claim_id,claim,published_at\n{rows}".encode())[:-8])
    results = tmp_path / "results.ndjson"

    done = command("import", file, "--results", results)

    assert (1, 50) == (done.exit_code, len(world.get("/v1/claims?limit=200").json["items"]))
    assert "Error: The gzip data are damaged or incomplete." in done.stderr
    assert ["created"] * 50 == [json.loads(result)["status"] for result in results.read_text().splitlines()]


@pytest.mark.usefixtures("world")
def test_results_of_an_earlier_import(command, tmp_path):
    """
    A file of results has none of an earlier import, although no line of this one can be read.
    """
    (file := tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    (results := tmp_path / "results.ndjson").write_text("{}\n")

    assert 1 == command("import", file, "--results", results).exit_code
    assert not results.read_text()


def test_encoding_and_names_of_columns(world, command, tmp_path):
    """
    The options name the encoding, and the columns by their names in the file.
    """
    (file := tmp_path / "a.csv").write_bytes("Quelle;Nr.;These;Datum\nMüller;1;Er geht.;2024-02-14\n".encode("cp1252"))
    names = [f"--map={pair}" for pair in ("outlet=quelle", "claim_id=Nr.", "claim=These", "published_at=Datum")]

    refused = command("import", file, *names)
    done = command("import", file, *names, "--encoding", "windows-1252")

    assert 1 == refused.exit_code
    assert "It looks like cp1252, where a word is 'Müller'" in refused.stderr
    assert (0, summary(created=1)) == (done.exit_code, done.stdout.strip())
    assert "Müller" == world.get("/v1/outlets").json["items"][0]["name"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--locale", "klingon"], "locale: 'klingon' is not a supported locale. Use one of de, fr"),
        (["--encoding", "base64"], "encoding: 'base64' is not a known encoding."),
        (["--map", "Quelle=outlet"], "map: 'Quelle' is not a column of an import."),
        (["--map", "outlet"], "map: You mapped the column 'outlet' without its name in the file"),
        (["--feed", " "], "feed: The feed must have 1 to 100 printable characters."),
    ],
)
def test_options_refused(command, tmp_path, options, words):
    """
    An invalid option is one sentence that names it.
    """
    (file := tmp_path / "a.csv").write_text(HEADER)
    done = command("import", file, *options)

    assert 2 == done.exit_code
    assert words in " ".join(done.stderr.split())


def test_dry_run_shows_how_the_file_is_read(world, command, tmp_path):
    """
    A dry run prints the form of the file and its first five lines as they were parsed.
    """
    rows = "".join(f"Kicker;{number};Er kommt.;14.02.2024;0,8;;\n" for number in range(9))
    (file := tmp_path / "mappe").write_text(HEADER + rows)

    done = command("import", file, "--locale=de", "--dry-run")

    form, *lines, total = done.stdout.splitlines()
    assert "Read as CSV, in UTF-8, separated by semicolons." == form
    assert 5 == len(lines)
    assert lines[0] == (
        'line 2: {"outlet": "Kicker", "claim_id": "0", "claim": "Er kommt.", "published_at": "2024-02-14", '
        '"probability": 0.8}'
    )
    assert summary(created=9) == total
    assert {} == claims(world)


def test_file_over_the_limit(settings, tmp_path):
    """
    A file over BORNEOUT_MAX_IMPORT ends the import with one sentence that names the limit.
    """
    (file := tmp_path / "lines.ndjson").write_bytes(gzip.compress(b"{}\n" * 50_000))
    done = Command(settings)("import", file, BORNEOUT_MAX_IMPORT="100000")

    assert 1 == done.exit_code
    assert "more than 100,000 bytes when unpacked, the limit that BORNEOUT_MAX_IMPORT sets" in done.stderr
