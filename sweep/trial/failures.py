"""Why a trial failed: the first cause in one line, from the text that Ray keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.records import State
from sweep.trial.outcome import Outcome

_LONGEST = 500
_RAISED = re.compile(r"^\s*((?:[A-Za-z_][\w.]*)?(?:Error|Exception|Exit|Interrupt))(?:: .*)?$")
_OF_RAY = ("ray.exceptions.", "RayTaskError", "RayActorError", "ActorDiedError")
_SHORT_OF_MEMORY = re.compile(
    r"running low on memory|can't allocate memory|Cannot allocate memory|^MemoryError|"
    r"^[\w.]*OutOfMemoryError",
    re.MULTILINE,
)
_PROCESS = re.compile(r"\bactor[_ ]id(?:: |=)(\w+)", re.IGNORECASE)
_STARTING = "creation task"
_CANNOT_BE_IMPORTED = ("ImportError", "ModuleNotFoundError")


@dataclass(frozen=True)
class Cause:
    """Why a trial failed.

    Attributes:
        text: One line, never empty.
        memory: There was too little memory; nothing is wrong with the configuration.
        starting: Its worker raised an error while it started; another start would fail, too.
        final: Another attempt would fail, too.
        early: Ray gave the trial up before it had failed as often as it may.
        environment: What no trial can do without is missing on the worker.
        process: Ray's id of the actor that failed; empty if it is not told.
    """

    text: str
    memory: bool = False
    starting: bool = False
    final: bool = False
    early: bool = False
    environment: bool = False
    process: str = ""

    @property
    def again(self) -> bool:
        """Whether the trial is handed out once more, instead of ending."""
        return self.memory or self.early

    @property
    def outcome(self) -> Outcome:
        """How the trial ends: it waits for a resume if its environment must be repaired first."""
        return Outcome(State.INTERRUPTED if self.environment else State.FAILED, reason=self.text)


UNKNOWN = Cause("its process died")


def cause_of(trial: Any) -> Cause:
    """The cause of the latest failure of a trial of Ray Tune.

    Tune writes it on this machine first, and reads it where it copies it to some time later.
    """
    try:
        text = Path(trial.error_file or "").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = str(trial.get_error() or "")
    return read_cause(text)


def read_cause(text: str) -> Cause:
    """Read the cause from what Ray has written of the failures of a trial, the latest last."""
    latest = re.split(r"^Failure # \d+ .*$", text, flags=re.MULTILINE)[-1].strip()
    raised = _first_raised(latest)
    starting, process = _STARTING in latest, _PROCESS.search(latest)
    return Cause(
        text=(raised or _said(latest) or UNKNOWN.text)[:_LONGEST],
        memory=bool(_SHORT_OF_MEMORY.search(latest)),
        starting=starting and bool(raised),
        environment=starting and raised.startswith(_CANNOT_BE_IMPORTED),
        process=process[1] if process else "",
    )


def _first_raised(text: str) -> str:
    """The first exception of a chain, as Python prints it."""
    for line in text.splitlines():
        found = _RAISED.match(line)
        if found and not found[1].startswith(_OF_RAY):
            return line.strip()
    return ""


def _said(text: str) -> str:
    """What Ray says about a process that died, without its guesses at the reason."""
    lines = [line.strip() for line in text.splitlines() if line.strip() not in ("", "None")]
    if not lines:
        return ""
    detail = lines[-1] if "died" in lines[0] or "dead" in lines[-1] else lines[0]
    return re.split(r"\.? (?:Some common causes|There are some potential|Refer to)", detail)[0]
