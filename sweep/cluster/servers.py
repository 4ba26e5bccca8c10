"""Ray's servers on this machine: started in their own sessions, watched, and ended by us.

Ray starts them in the caller's process group. There, a signal to the group (of `timeout`, of a
batch system, of a terminal that is closed) ends them before the driver can end its trials. When one
of them dies, Ray ends the driver after a minute, without notice. Ray has no setting for either.
"""

from __future__ import annotations

import socket
import threading
from contextlib import AbstractContextManager
from typing import Any

from sweep.cluster import ray_internals
from sweep.cluster.guard import Guard
from sweep.cluster.head import Head
from sweep.host.ending import RAY_IS_BROKEN

TUNE_THREAD = "tune"
"""Name of the thread in which Ray Tune runs."""

_NAMES = {"gcs_server": "control server (GCS)", "raylet": "node manager (raylet)"}


def in_a_session_of_their_own(guard: Guard) -> AbstractContextManager[None]:
    """Start Ray's servers in their own sessions, under the guard, while this is open.

    When this process dies, the kernel ends them, but not what they have started.
    """
    return ray_internals.starting_in_sessions(guard.watch)


def reset_connection() -> None:
    """Let the caller's own program start or join a Ray afterwards, as if none had been here.

    Ray keeps the token of a cluster for the whole process, and we let no call start a Ray by
    itself. A Tune that was left behind would be such a call: then that stays so.
    """
    ray_internals.forget_token()
    if not any(thread.name == TUNE_THREAD for thread in threading.enumerate()):
        ray_internals.connect_again()


class Servers:
    """The servers that this process depends on, once it is connected to Ray.

    Those that it started itself are watched as its children; on a cluster, the raylet of this
    machine is watched through its socket, and the head may be away for a while.

    Args:
        guard: Ends what was started here, if anything was.
    """

    def __init__(self, guard: Guard | None = None) -> None:
        self._node = ray_internals.connected_node()
        started: dict[str, list[Any]] = self._node.all_processes if self._node else {}
        self._started = {name: started[name][0].process for name in _NAMES if name in started}
        elsewhere = self._node is not None and not self._started
        self._line = _line_to(self._node.raylet_socket_name) if elsewhere else None
        self._head = Head(self._node.gcs_address) if elsewhere else None
        self._guard, self._lost = guard, ""

    def lost(self) -> str:
        """Which server has died, in words; empty while all run.

        The other servers are ended at once, before they make Ray end the driver.
        """
        if not self._lost:
            self._lost = self._look()
            if self._lost:
                self._end()
        return self._lost

    def shut_down(self) -> None:
        """Disconnect from Ray, and end what was started.

        When a server has died, Ray cannot disconnect: its threads would wait or crash. They are
        left alone until `end_process`.
        """
        if self._line is not None:
            self._line.close()
        ray_internals.never_connect_again()
        if self._lost:
            RAY_IS_BROKEN.set()
        else:
            ray_internals.disconnect()
        if self._guard is not None:
            self._guard.leave()

    def _look(self) -> str:
        for name, process in self._started.items():
            code = process.poll()
            if code is not None:
                how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
                return f"Ray's {_NAMES[name]} {how}"
        if self._line is not None and _hung_up(self._line):
            return f"Ray's {_NAMES['raylet']} on this machine has died"
        return self._head.lost() if self._head is not None else ""

    def _end(self) -> None:
        if self._guard is not None:
            self._guard.end_all()


def _line_to(place: str) -> socket.socket | None:
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(place)
    except OSError:
        line.close()
        return None
    line.setblocking(False)
    return line


def _hung_up(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
