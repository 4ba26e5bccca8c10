"""A text for the standard input of a job: inside its command, or in a file that Ray brings along.

Ray starts a job by a shell that gets the whole command as one argument. Linux takes no argument
that is longer than 128 KiB. A longer text is uploaded as one of the job's modules: Ray unpacks it
on the head and puts its folder on `PYTHONPATH`. The job stays in the head's working directory; an
uploaded working directory would take its place.
"""

from __future__ import annotations

import hashlib
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LONGEST = 120_000  # bytes of a text that stands in the command
_END = "END-OF-SPECIFICATION"


@contextmanager
def handed_over(command: Sequence[str], text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A shell command that gets a text on its standard input, and the runtime environment it needs.

    The command replaces the shell, so Ray's signals reach it. Submit it before the block ends: then
    the file is gone here.
    """
    words, content = shlex.join(command), text.encode()
    if len(content) <= _LONGEST:
        yield f"exec {words} <<'{_END}'\n{text}{_END}", {}
        return
    with tempfile.TemporaryDirectory(prefix="spikesweep-") as place:
        folder = f"specification_{hashlib.sha256(content).hexdigest()[:16]}"
        file = Path(place) / folder / "text"
        file.parent.mkdir()
        file.write_bytes(content)
        yield _reading(words, f"{folder}/{file.name}"), {"py_modules": [str(file.parent)]}


def _reading(words: str, file: str) -> str:
    """A command with the first such file of `PYTHONPATH` as its standard input."""
    return (
        f"set -f; IFS=:; for each in $PYTHONPATH; do "
        f'[ -f "$each/{file}" ] && exec {words} < "$each/{file}"; done; '
        "echo 'Ray did not bring the specification' >&2; exit 1"
    )
