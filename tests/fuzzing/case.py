"""One damaged input, and what must hold when a command is given it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import signal
import traceback
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis.text.plain import LONGEST_LINE
from sweep.cli import run

REFUSED, ACCEPTED = "refused", "accepted"
_PREFIX = "spikesweep: "
_PATIENCE_S = 60
_OUTSIDE = ("MLFLOW_TRACKING_URI", "RAY_ADDRESS")
_OUTSIDE += ("SPIKESWEEP_DATA", "SPIKESWEEP_OPTUNA", "SPIKESWEEP_STORAGE")
_BOLD = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Case:
    """A damaged input.

    Attributes:
        damage: What was done, in words.
        arguments: Of the command that is given it.
        files: What is in its folder before.
        links: Files of the same, by what they are links to.
        may_pass: Whether it may still be valid; an input whose seal is broken may not.
        environment: Variables that are set.
    """

    damage: str
    arguments: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, Path] = field(default_factory=dict)
    may_pass: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a case ended; `problem` is empty if all holds that must."""

    ended: str
    problem: str = ""


def check(case: Case, folder: Path) -> Outcome:
    """Run a case in an empty folder."""
    for name, content in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for name, target in case.links.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(target)
    before = _listing(folder)
    out, err = io.StringIO(), io.StringIO()
    try:
        with _at(folder, case.environment), _in_time():
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run(list(case.arguments))
    except BaseException as error:
        # The command line let it through: a user would see a traceback.
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{last.filename}:{last.lineno}"
        return Outcome("", f"traceback: {type(error).__name__}: {str(error)[:200]} ({place})")
    problem = _judge(case, code, out.getvalue(), err.getvalue())
    if not problem and code and _listing(folder) != before:
        problem = f"something was written: {sorted(_listing(folder) ^ before)}"
    return Outcome(REFUSED if code else ACCEPTED, problem)


def _judge(case: Case, code: int, out: str, err: str) -> str:
    lines = err.splitlines()
    if code not in (0, 2):
        return f"exit code {code}: {err[:300]}"
    if "Traceback" in out + err:
        return f"a traceback: {err[-300:]}"
    if not all(map(_is_plain, [*lines, *out.splitlines()])):
        return f"control characters: {ascii(out + err)[:300]}"
    if code == 0:
        return "" if case.may_pass else f"it was accepted: {out[:200]}"
    if not lines and not out:  # `data` lists what it found
        return "nothing was said"
    if len(set(lines)) < len(lines) or not all(line.startswith(_PREFIX) for line in lines):
        return f"no line for each mistake: {err[:300]}"
    longest = LONGEST_LINE + len(_PREFIX)
    return "" if all(len(line) <= longest for line in lines) else f"too long: {len(err)} characters"


def _is_plain(line: str) -> bool:
    return not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in _BOLD.sub("", line))


def _listing(folder: Path) -> set[tuple[str, str]]:
    """Every path below a folder, with the digest of a file."""
    return {
        (
            str(path.relative_to(folder)),
            hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file() and not path.is_symlink()
            else "",
        )
        for path in folder.rglob("*")
    }


@contextlib.contextmanager
def _at(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in _OUTSIDE:
        os.environ.pop(name, None)
    os.environ.update(environment)
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _TooSlowError(BaseException):
    """No part of the program catches it."""


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TooSlowError(f"it took more than {_PATIENCE_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
