"""Watches the head of a cluster, which may be away for a while.

Ray ends a driver without notice when the head is away for too long. So the driver gives up a little
earlier, in good order.
"""

from __future__ import annotations

import os
import socket
import time

_ALLOWED_ENV, _ALLOWED_S = "RAY_gcs_rpc_server_reconnect_timeout_s", 60.0
_TO_CLOSE_S = 10.0  # the time in which the notes are closed at the end
_LOOK_EVERY_S = 2.0


class Head:
    """The head, asked from time to time whether it answers.

    Args:
        address: Host and port.
        patience_s: How long it may be away; default: a little less than what Ray allows.
    """

    def __init__(self, address: str, patience_s: float | None = None) -> None:
        host, _, port = address.rpartition(":")
        self._address, self._at = address, (host.strip("[]"), int(port))
        allowed = float(os.environ.get(_ALLOWED_ENV, _ALLOWED_S))
        self._patience_s = allowed - _TO_CLOSE_S if patience_s is None else patience_s
        self._seen = self._looked = time.monotonic()

    def lost(self) -> str:
        """In words, that the head was away for too long; empty if not. Takes a second at most."""
        now = time.monotonic()
        if now - self._looked < min(_LOOK_EVERY_S, self._patience_s):
            return ""
        self._looked = now
        try:
            socket.create_connection(self._at, timeout=1).close()
        except OSError:
            away = now - self._seen
            if away < self._patience_s:
                return ""
            return f"Ray's head at {self._address} has not answered for {away:.0f} s"
        self._seen = now
        return ""
