"""The command line: `spikesweep COMMAND`.

Results go to standard output, progress and errors to standard error. Exit codes: 0 done, 1 the
work failed, 2 what the user gave is wrong, 130 interrupted.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer

from sweep.commands.parts.groups import Commands
from sweep.errors import SpecError, SweepError
from sweep.host import environment, garbage, shadows, streams
from sweep.host.ending import end_at_once, end_process

_MOST_LINES = 20  # of mistakes that are shown
DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


class _Commands(Commands):
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # Typer would turn it into exit code 1
            raise typer.Exit(DONE) from None
        except KeyboardInterrupt:  # Typer would turn it into an exit code and print nothing
            raise typer.Abort from None


app = typer.Typer(
    name="spikesweep",
    cls=_Commands,
    help="Hyperparameter sweeps for spiking neural networks.",
    epilog="Start with: spikesweep run quickstart",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"spikesweep {version('spikesweep')}")
        raise typer.Exit(DONE)


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None: ...


MODULES = (
    "sweeping",
    "confirming",
    "cluster",
    "training",
    "results",
    "exchange",
    "keeping",
    "comparing.effects",
    "comparing.claims",
    "comparing.compare",
    "comparing.fronts",
    "figures",
    "report",
    "data_sets",
    "machine",
)
for _module in MODULES:
    import_module(f"sweep.commands.{_module}").register(app)


def main() -> None:
    """Entry point of the command `spikesweep`."""
    end_at_once()
    garbage.look_rarely()
    streams.stand()
    warnings.resetwarnings()
    warnings.simplefilter("ignore")  # warnings of libraries; we print what a user should know
    sys.excepthook = _print_traceback
    code = run(sys.argv[1:])
    streams.let_go()
    end_process(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; a mistake is one line on standard error."""
    environment.settle(os.environ)
    environment.quiet_loggers()
    if any("\0" in argument for argument in arguments):
        return _say("an argument has a NUL character: no text and no path can", WRONG)
    try:
        shadows.refuse()
    except SpecError as error:  # ours cannot be imported now, nor what prints plain text
        print(f"spikesweep: {error}", file=sys.stderr)
        return WRONG
    from analysis.text.redaction import redacted_output

    with redacted_output(arguments):
        return _run(arguments)


@cache
def _commands() -> Any:
    """All commands as Click knows them: to make them takes longer than most commands in a process.

    Typer would make them at each call, and put its own hook for tracebacks in the place of ours.
    """
    return typer.main.get_command(app)


def _run(arguments: list[str]) -> int:
    from analysis.errors import AnalysisError, SchemaError
    from snn.errors import ConfigError, SnnError

    try:
        code: Any = _commands()(arguments or ["--help"], standalone_mode=False)
        sys.stdout.flush()  # a full disk is found here, not when Python exits
        return int(code or DONE)
    except typer.Exit as end:
        return int(end.exit_code)
    except SystemExit as end:  # Typer ends the process when it has completed a word
        return int(end.code or DONE)
    except typer.TyperException as error:
        text = error.format_message() if hasattr(error, "format_message") else str(error)
        return _say(f"{_with_nearest(text)} (see {_command(error)} --help)" if text else "", WRONG)
    except (SpecError, ConfigError) as error:
        return _say_each(error.mistakes)
    except (SnnError, AnalysisError) as error:
        return _say(str(error), WRONG)
    except (SweepError, SchemaError) as error:
        return _say(str(error), FAILED)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _say(f"{place}{error.strerror or error}", FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", INTERRUPTED)


def _print_traceback(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Print the traceback of a bug of ours, without secrets."""
    from analysis.text.redaction import redacted_traceback

    redacted_traceback(kind, error, trace)


def _say(text: str, code: int) -> int:
    if text:
        from analysis.text.plain import one_line

        print(f"spikesweep: {one_line(text)}", file=sys.stderr)
    return code


def _command(error: Exception) -> str:
    """The command whose help says what was wrong."""
    context = getattr(error, "ctx", None)
    return f"spikesweep {context.info_name}" if context and context.parent else "spikesweep"


def _with_nearest(text: str) -> str:
    """Typer's text, with the value of a closed list or the figure that somebody may have meant."""
    from analysis.text.plain import did_you_mean

    if unknown := re.fullmatch(r"No such command '(\w+)'\.", text):
        from analysis.figures import FIGURES

        kind = unknown[1]
        return f"{text} Did you mean 'figure {kind}'?" if kind in FIGURES else text
    given, named, choices = text.partition(" is not one of ")
    if not named:
        return text
    nearest = did_you_mean(given.split("'")[-2:][0], choices.split("'")[1::2], "")
    return f"{text.rstrip('.')}; {nearest}" if nearest else text


def _say_each(mistakes: Sequence[str]) -> int:
    """A line each, of the first: a reader begins with these, and a file may have thousands."""
    from analysis.text.plain import one_line

    lines = list(dict.fromkeys(map(one_line, mistakes)))
    for line in lines[:_MOST_LINES]:
        _say(line, WRONG)
    left = len(lines) - _MOST_LINES
    return _say(f"and {left} more" if left > 0 else "", WRONG)


if __name__ == "__main__":  # by `python -m`, which puts the working folder first
    shadows.look_elsewhere(sys.path)
    main()
