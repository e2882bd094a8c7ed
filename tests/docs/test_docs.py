"""What an operator or a client can use is written down: a name that no document has turns the build red."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from service import config, errors
from service.cli import main
from service.errors import problem_types
from service.web.openapi import explain

ROOT = Path(__file__).parents[2]
OPERATIONS = ROOT / "docs" / "operations.md"


def commands(group=main, path="borneout"):
    """Every command and the options of each, as they are typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield f"{path} {name}", [option for each in command.params for option in each.opts if option.startswith("--")]
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_every_setting_is_documented():
    """
    docs/operations.md names every environment variable, and no other one.
    """
    known = set(re.findall(rf"{config.PREFIX}[A-Z_]+[A-Z]", OPERATIONS.read_text()))

    assert config._KNOWN == known  # noqa: SLF001 - the list is nobody else's business


@pytest.mark.parametrize("command", [name for name, _ in commands()])
def test_every_command_is_documented(command):
    """
    docs/operations.md shows every command.
    """
    words = command.removeprefix("borneout ")

    assert re.search(rf"`(borneout )?{words}[` ]", OPERATIONS.read_text())


@pytest.mark.parametrize(("command", "options"), list(commands()))
def test_every_command_explains_itself(command, options):
    """
    A command and each of its options has a sentence of help.
    """
    found = main
    for word in command.split()[1:]:
        found = found.get_command(click.Context(found), word)
    explained = [option for each in found.params if getattr(each, "help", None) for option in each.opts]

    assert found.help, command
    assert {option for option in options if option not in explained} <= {"--basis"}


@pytest.mark.parametrize("kind", list(problem_types()), ids=lambda kind: kind.name)
def test_every_problem_type_is_documented(kind):
    """
    openapi/problems.md has every problem type with its explanation, and the tree at the top of the errors names it.
    """
    text = (ROOT / "openapi" / "problems.md").read_text()
    [tree_line] = [line for line in errors.__doc__.splitlines() if f"/problems/{kind.name}" in line]

    assert f"## /problems/{kind.name}\n" in text
    assert explain(kind) in text
    assert [kind.__name__, str(kind.status)] == re.findall(r"\w+", tree_line)[:2]


def test_every_log_event_is_documented():
    """
    docs/operations.md says what each event means that the service logs.
    """
    told = OPERATIONS.read_text()
    calls = [call for path in (ROOT / "service").rglob("*.py") for call in ast.walk(ast.parse(path.read_text()))]
    events = {call.args[0].value for call in calls if _is_logging(call)}
    named = {event: re.sub(r"%[.\d]*[sdf]", "…", event) for event in events}

    assert len(events) > 10
    assert [] == sorted(event for event, shown in named.items() if f"`{shown}`" not in told)


def _is_logging(node):
    """Whether a piece of code is a call such as `log.info("...")`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and "log" == node.func.value.id
        and node.func.attr in ("debug", "info", "warning", "error", "exception", "critical")
    )


def test_decisions_are_numbered():
    """
    Each decision record has a number of its own, without gaps, in its name and in its title.
    """
    files = sorted((ROOT / "docs" / "decisions").iterdir())
    titles = [file.read_text().splitlines()[0] for file in files]

    assert [f"{number:04}" for number in range(1, len(files) + 1)] == [file.name[:4] for file in files]
    assert [f"# {number}." for number in range(1, len(files) + 1)] == [title.split(". ")[0] + "." for title in titles]


def test_threat_model_names_tests_that_exist():
    """
    SECURITY.md has a line for each risk of the OWASP list, and every test that it rests on is there.
    """
    text = (ROOT / "SECURITY.md").read_text()
    rows = dict(re.findall(r"^\| (API\d+) .*\|(.*)\|$", text, re.MULTILINE))
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)

    assert [f"API{number}" for number in range(1, 11)] == list(rows)
    assert all("::test_" in tests for tests in rows.values())
    assert [] == [
        name for path, name in named if not re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]
