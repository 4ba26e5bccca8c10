"""A configuration as libraries carry it about: one value that they neither copy nor take apart.

Ray Tune copies the configuration of a trial, flattens it and puts it into every result. With some
eighty keys, that took as long as all else that it did for a trial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self, final


@final
class Wire(Mapping[str, Any]):
    """All keys of a configuration with plain values; nobody changes them.

    Args:
        values: By key.
        origin: The configuration, in the process that made it: `TrialConfig.parse` gives it again.
            It is not sent along to another process.
    """

    def __init__(self, values: Mapping[str, Any], origin: object = None) -> None:
        self._values, self.origin = values, origin

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"{len(self)} keys"

    def __deepcopy__(self, memo: Any) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Wire], tuple[Mapping[str, Any]]]:
        return Wire, (self._values,)
