"""Messages to the people who wait for a sweep, over Apprise: its end, a failure, a standstill.

The addresses hold passwords and tokens in any of their parts. So nothing of them but the scheme is
ever shown, they are not stored with a launch, and what Apprise logs is not printed.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from apprise import Apprise

NEEDED = "notify needs apprise: pip install 'spikesweep[notify]'"
_PATIENCE_S = 30.0  # for all addresses together: a message is not worth more
_STILL_S = 15 * 60.0
_TIMES = 5  # as long as the longest time between two reports so far
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")

Tell = Callable[[str], None]


def is_variable(address: str) -> bool:
    """Whether an address is only named, as an environment variable: `$NAME` or `${NAME}`."""
    return bool(_VARIABLE.fullmatch(address))


def installed() -> bool:
    """Whether Apprise is there."""
    from importlib.util import find_spec

    return find_spec("apprise") is not None


def mistake(address: str) -> str:
    """What is wrong with an address, without showing it; empty if nothing is."""
    found = _VARIABLE.fullmatch(address)
    if found:
        name = found[1] or found[2]
        return "" if os.environ.get(name) else f"the environment variable {name} is not set"
    return "" if _opened(address) else "is no address that apprise knows, such as ntfy://TOPIC"


@final
class Notices:
    """Sends messages. What fails is one line, and never the end of a sweep.

    Args:
        addresses: Of Apprise, or names of variables that hold one.
        name: Of the sweep.
        tell: Called with a line for each address that could not be reached.
    """

    def __init__(self, addresses: Sequence[str], name: str, tell: Tell) -> None:
        self._addresses, self._name, self._tell = addresses, name, tell

    def send(self, title: str, body: str) -> None:
        """Send a message to all addresses, and wait for it for a while."""
        if not self._addresses:
            return
        threads = [
            threading.Thread(target=self._send_one, args=(one, title, body), daemon=True)
            for one in self._addresses
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + _PATIENCE_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def send_soon(self, title: str, body: str) -> None:
        """The same, without waiting."""
        threading.Thread(target=self.send, args=(title, body), daemon=True).start()

    def _send_one(self, address: str, title: str, body: str) -> None:
        given = os.path.expandvars(address)
        try:
            channel = _opened(given)
            sent = channel is not None and channel.notify(
                title=f"spikesweep: {self._name} {title}", body=body
            )
        except Exception:  # Apprise's plugins raise errors of many kinds, with the address in them
            sent = False
        if not sent:
            self._tell(f"notify: {_scheme(given)} did not take the message: {title}")


@dataclass
class Standstill:
    """Notices that nothing is reported any more.

    Attributes:
        send: Called with a title and a text, once for each standstill.
        reason: What the sweep waits for, in words, as far as it is known.
    """

    send: Callable[[str, str], None]
    reason: Callable[[], str]
    _seen: int = 0
    _since: float = field(default_factory=time.monotonic)
    _longest_s: float = 0.0
    _told: bool = False

    def look(self, reports: int) -> None:
        """Compare with the last look.

        Args:
            reports: How many there were in all.
        """
        now = time.monotonic()
        if reports != self._seen:
            self._longest_s = max(self._longest_s, now - self._since)
            self._seen, self._since, self._told = reports, now, False
        still_s = now - self._since
        if not self._told and still_s > max(_STILL_S, _TIMES * self._longest_s):
            self._told = True
            why = self.reason() or "the sweep does not say why"
            self.send("stands still", f"no report for {still_s / 60:.0f} min; {why}")


def _scheme(address: str) -> str:
    scheme, there, _ = address.partition("://")
    return f"{scheme}://…" if there and scheme.isalnum() else "an address"


def _opened(address: str) -> Apprise | None:
    """Apprise with one address; None if it does not know it."""
    from apprise import Apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would print addresses
    channel = Apprise()
    return channel if channel.add(address) else None
