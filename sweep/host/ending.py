"""How this process ends, also when Ray's servers have died."""

from __future__ import annotations

import os
import sys
import threading
from typing import NoReturn

RAY_IS_BROKEN = threading.Event()
"""One of Ray's servers has died: Ray's threads in this process would wait for it, or crash."""


def end_process(code: int) -> NoReturn:
    """End this process with an exit code; skip Ray's own shutdown if Ray is broken."""
    if RAY_IS_BROKEN.is_set():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
