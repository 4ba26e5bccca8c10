"""A specification with the changes of the command line, and the command that resumes its sweep."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sweep.spec.specification import Specification


@dataclass(frozen=True)
class Given:
    """What a command was given.

    Attributes:
        spec: A file, a bundled sweep, or `-`.
        set_: Items of `--set`.
        unset: Keys of `--unset`.
        plugin: Files of `--plugin`.
        trials: Of `--trials`.
        address: Of `--address`.
        budget: Of `--budget`.
        new_name: Of `--new-name`.
    """

    spec: str
    set_: Sequence[str] = ()
    unset: Sequence[str] = ()
    plugin: Sequence[str] = ()
    trials: int | None = None
    address: str | None = None
    budget: str = ""
    new_name: str = ""

    def sweep(self) -> Specification:
        """The sweep.

        Raises:
            SpecError: Something in it is not allowed.
        """
        from sweep.spec.sources import load_sweep, parse_overrides
        from sweep.spec.yaml.files import read

        overrides = parse_overrides(self.set_)
        overrides |= {} if self.trials is None else {"trials": self.trials}
        overrides |= {"name": self.new_name} if self.new_name else {}
        overrides |= {"budget": read(self.budget, "--budget")} if self.budget else {}
        return load_sweep(self.spec, overrides, self.plugin, self.unset)

    def resuming(self, command: str) -> str:
        """The command that goes on with the sweep; it needs the same options.

        Args:
            command: `run` or `submit`.
        """
        if self.spec == "-":
            return "the same command and --resume"
        return shlex.join(["spikesweep", command, self.spec, *self._options(), "--resume"])

    def _options(self) -> Iterator[str]:
        for option, values in (
            ("--set", self.set_),
            ("--unset", self.unset),
            ("--plugin", self.plugin),
            ("--trials", [] if self.trials is None else [str(self.trials)]),
            ("--new-name", [self.new_name] if self.new_name else []),
            ("--budget", [self.budget] if self.budget else []),
            ("--address", [] if self.address is None else [self.address]),
        ):
            for value in values:
                yield from (option, value)
