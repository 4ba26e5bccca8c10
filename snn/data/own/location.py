"""The value of `dataset` that is a path: where the data are, and what pictures are brought to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from snn.declarations.data_paths import mistake
from snn.errors import DataError

_ASKED = re.compile(r"(?:([0-9]{1,5})(?:x([0-9]{1,5}))?)?(?:(?:^|,)(grey|gray|colou?r))?")


class Location(NamedTuple):
    """Where data of one's own are.

    Attributes:
        path: Of a file or folder.
        size: Height and width that pictures are brought to; None: theirs, which is one.
        channels: 1 for grey, 3 for colour; None: grey if all pictures are stored as grey.
    """

    path: Path
    size: tuple[int, int] | None = None
    channels: int | None = None

    @property
    def asks(self) -> bool:
        """Whether pictures are to be brought to something."""
        return self.size is not None or self.channels is not None

    @classmethod
    def of(cls, given: str) -> Location:
        """Read a value such as `photos/@28x28,grey`.

        Raises:
            DataError: What stands after the @ is no size and no colour.
        """
        wrong = mistake(given)
        if wrong:
            raise DataError(f"{given[:200]!r}: {wrong}")
        path, at, asked = given.rpartition("@")
        if not at or "/" in asked:
            return cls(Path(given).expanduser())
        found = _ASKED.fullmatch(asked)
        if not asked or found is None or "0" in (found[1], found[2]):
            raise DataError(
                f"{given}: after @ stands a size and grey or color, such as @28, @24x32 "
                "(rows x columns), @grey or @28,color"
            )
        height, width, colour = found.groups()
        size = (int(height), int(width or height)) if height else None
        channels = None if colour is None else 1 if colour.startswith("gr") else 3
        return cls(Path(path).expanduser(), size, channels)
