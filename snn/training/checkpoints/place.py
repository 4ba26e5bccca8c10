"""Where a file can be: a path, or the URL of an object store, which is used like one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from upath import UPath

Place: TypeAlias = "Path | UPath"
