"""Sweeps from Python: `from sweep import Sweep`. The same as the command line, step by step."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from os import PathLike
from typing import TYPE_CHECKING, Any, final

from snn.registry import using
from sweep.errors import RunningError, SweepError
from sweep.host.ending import RAY_IS_BROKEN
from sweep.spec.checks.effects import check_effects
from sweep.spec.parsing import parse_sweep
from sweep.spec.sources import load_sweep
from sweep.spec.specification import Specification
from sweep.spec.yaml.plain_values import as_yaml_has_them

if TYPE_CHECKING:
    from rich.console import Console

    from sweep.results.result import Result
    from sweep.run.driver import Result as Ended

_WHERE = "Sweep"
_ONE_AT_A_TIME = threading.Lock()  # Ray and the environment belong to the whole process
_RESUME = "sweep.run(resume=True)"


@final
class Sweep:
    """A sweep: what is fixed, what is searched, by whom, how often, with what.

    >>> from sweep import Sweep
    >>> Sweep(
    ...     name="which-code",
    ...     base={"dataset": "mnist"},
    ...     search={"encoding": ["latency", "constant"]},
    ...     trials=8,
    ... )
    <Sweep which-code: 2 configurations × 1 seed>

    Args:
        keys: Those of a YAML file (`spikesweep schema` explains all), with the same meaning and
            the same checks. Tuples are lists, numbers of NumPy are numbers.

    Attributes:
        specification: The keys with their defaults.

    Raises:
        SpecError: Keys or values are wrong; a line each: what, where, and what is allowed.
    """

    def __init__(self, **keys: Any) -> None:
        self.specification = parse_sweep(as_yaml_has_them(keys, _WHERE), _WHERE)

    @classmethod
    def from_file(
        cls, source: str | PathLike[str], changes: Mapping[str, Any] | None = None
    ) -> Sweep:
        """Read a sweep from a YAML file, or a bundled one by its name.

        Args:
            source: Path or name, such as `"quickstart"`.
            changes: Keys with other values, as `--set` takes them: `{"epochs": 5, "trials": 4}`.

        Raises:
            SpecError: There is no such file or sweep, or something in it is not allowed.
        """
        wanted = as_yaml_has_them(changes or {}, "changes")
        return cls._of(load_sweep(str(source), wanted))

    @classmethod
    def _of(cls, specification: Specification) -> Sweep:
        sweep = cls.__new__(cls)
        sweep.specification = specification
        return sweep

    @property
    def name(self) -> str:
        """Of the sweep: names the MLflow experiment and the study."""
        return self.specification.name

    def to_yaml(self) -> str:
        """The sweep as YAML, for `spikesweep run`; reading it gives an equal one."""
        return self.specification.to_yaml()

    def run(
        self, *, resume: bool = False, address: str | None = None, join: bool = False
    ) -> Result:
        """Run the sweep to its end, as `spikesweep run` does, with `confirm` if it is asked for.

        Progress is shown in the cell of a notebook, else on standard error. Ctrl-C, or the
        interrupt of a notebook, ends the sweep in good order: the result is `interrupted`, and
        every finished epoch is kept. In a thread that is not the main one, no signal arrives.
        Nothing is left behind in this process; a Ray that it has already started is used, and left
        open.

        Args:
            resume: Go on with the latest launch instead of a new one.
            address: Of a Ray cluster; default: RAY_ADDRESS, or Ray on this machine.
            join: Add the runs to the sweep of this name, though it had other configurations.

        Raises:
            SpecError, SnnError: What was given is wrong, or a searched key has no effect, or the
                name belongs to another specification; nothing ran.
            SweepError: The world is not ready (no such cluster, a folder that cannot be written).
            RunningError: Another sweep runs in this process, or this one in another.
            KeyboardInterrupt: The user stopped it before its trials began.
        """
        with _process(), using(self.specification.components):
            from sweep.results.confirmed import run_confirmation, wants_confirmation
            from sweep.results.earlier import runs_of
            from sweep.results.figures import drawn
            from sweep.results.names import refuse_taken
            from sweep.results.result import Result
            from sweep.run import runner

            console = _console()
            if not resume:
                if not join:
                    refuse_taken(self.specification)
                for line in check_effects(self.specification, _WHERE):
                    console.print(f"warning: {line}")
            try:
                ended = runner.run(
                    self.specification,
                    console,
                    resume=resume,
                    address=address,
                    runs_of=runs_of,
                    draw=drawn,
                )
                _say(ended, console)
                table, plan = None, self.specification.confirm
                if plan is not None and wants_confirmation(self.specification, ended):
                    each = self.specification.each
                    done = run_confirmation(self.name, plan, each, address, console)
                    _say(done.ended, console)
                    table = done.table
            except KeyboardInterrupt:
                console.print(f"interrupted before trials began; start with: {self._again()}")
                raise
            return Result.of(self.name, ended, table)

    def result(self) -> Result:
        """The result of a sweep of this name that ran before, here or on another machine.

        Raises:
            AnalysisError: There is no MLflow store, it cannot be read, or has no such sweep.
        """
        from sweep.results.result import Result

        return Result.read(self.name)

    def _again(self) -> str:
        from sweep.run import launch

        return _RESUME if launch.is_latest(self.specification) else "sweep.run()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sweep) and self.specification == other.specification

    def __hash__(self) -> int:
        return hash(self.to_yaml())

    def __repr__(self) -> str:
        return f"<Sweep {self.name}: {self.specification.size}>"

    def _repr_html_(self) -> str:
        about = escape(self.specification.description)
        return f"<p>{escape(repr(self))}</p><p>{about}</p><pre>{escape(self.to_yaml())}</pre>"


# What help() and completion show: the keys of a specification, from their one declaration.
Sweep.__signature__ = inspect.signature(Specification)  # type: ignore[attr-defined]


@contextmanager
def _process() -> Iterator[None]:
    """Have this process for one sweep, and leave it as it was."""
    from sweep.host import shadows
    from sweep.host.guest import guest

    if RAY_IS_BROKEN.is_set():
        raise SweepError(
            "Ray has died in this process; restart it (a notebook: its kernel), and go on with "
            f"{_RESUME}"
        )
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise RunningError("another sweep runs in this process; wait for it, or use another one")
    try:
        with guest():
            shadows.refuse()
            from sweep.cluster.connection import left_as_found

            with left_as_found():
                yield
    finally:
        _ONE_AT_A_TIME.release()


def _console() -> Console:
    """Standard error, or the output of a cell, which a notebook would else show as an error."""
    from sweep.host.console import PlainConsole, in_notebook

    return PlainConsole(stderr=not in_notebook(), soft_wrap=True)


def _say(ended: Ended, console: Console) -> None:
    """Say what did not go well, and how to go on."""
    for name, reason in ended.failures.items():
        console.print(f"failed: {name}: {reason}")
    if ended.undelivered:
        console.print(ended.undelivered)
    if ended.ended:
        console.print(f"the search has ended: {ended.ended}")
    if ended.halted:
        console.print(f"stopped early: {ended.halted}; mend that and go on with: {_RESUME}")
    if ended.interrupted:
        console.print(f"interrupted; every finished epoch is kept; go on with: {_RESUME}")
