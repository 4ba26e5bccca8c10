"""What every command must fulfil; one more is a file in `sweep/commands` and its line in `cli`."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from sweep import commands
from sweep.cli import MODULES, app, run
from sweep.commands.parts.groups import GROUPS

COMMANDS = {
    info.name or info.callback.__name__: info for info in app.registered_commands if info.callback
}
every_command = pytest.mark.parametrize("name", COMMANDS)


def test_every_file_that_has_commands_is_listed() -> None:
    folder = Path(str(commands.__file__)).parent
    files = [file for file in folder.rglob("*.py") if "def register(app" in file.read_text()]
    names = {".".join(file.relative_to(folder).with_suffix("").parts) for file in files}
    assert names == set(MODULES)


def test_every_listed_file_adds_commands() -> None:
    for module in MODULES:
        before = len(app.registered_commands)
        import_module(f"sweep.commands.{module}").register(app)
        added = app.registered_commands[before:]
        del app.registered_commands[before:]
        assert added, module


def test_every_command_stands_in_one_group_of_the_help() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(COMMANDS)


@every_command
def test_it_says_what_it_does_in_a_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = COMMANDS[name].help or COMMANDS[name].callback.__doc__
    assert told
    first = told.split("\n\n")[0].strip()
    assert first.endswith(".") and len(first) < 120
    assert run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert " ".join(first.split()) in " ".join(shown.split())


@every_command
def test_its_examples_stand_on_lines_of_their_own_below_what_they_are_for(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")  # narrower than some examples, which are to be copied
    assert run([name, "--help"]) == 0
    usage, *lines = capsys.readouterr().out.partition("Arguments:")[0].splitlines()
    examples = [number for number, line in enumerate(lines) if f" spikesweep {name} " in line]
    for number in examples:
        assert re.fullmatch(rf" +spikesweep {name} [^`]*[^`:?]", lines[number])
        purpose = lines[number - 1].strip()
        if name != "figure":  # what each kind shows stands above what it takes
            assert purpose[0].isupper() and purpose[-1] in "?:" and len(purpose) < 80
    written = COMMANDS[name].callback.__doc__ or ""
    assert "Example" not in written
    assert examples or "{" not in usage  # what needs an argument has an example


@every_command
def test_an_option_that_it_does_not_have_is_one_line_and_code_2(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "--nope"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and "--nope" in shown.err
