"""Writing a result to a file: all of it or nothing."""

from __future__ import annotations

import os
from pathlib import Path

from analysis.errors import AnalysisError


def write_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write `content` to `path`, so that a reader sees the old file or the whole new one.

    Raises:
        AnalysisError: the path cannot be written.
    """
    target = Path(os.path.realpath(path))  # a link stays a link, and what it names is replaced
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(content)  # a pipe or a device must not be replaced by a file
            return
        try:
            temporary.write_bytes(content)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if isinstance(error, FileNotFoundError):
            reason = f"there is no folder {target.parent}"
        raise AnalysisError(f"cannot write {os.fspath(path)}: {reason}") from None
