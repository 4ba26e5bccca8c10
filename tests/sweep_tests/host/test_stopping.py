"""A sweep is told to stop by one SIGTERM, in whatever state its process is."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from sweep.host.stopping import obeyed_later, stoppable


def send() -> None:
    """What `stop` makes Ray do."""
    os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_interrupts_although_ray_starts_its_jobs_with_sigint_blocked() -> None:
    before = signal.getsignal(signal.SIGTERM)
    python = signal.signal(signal.SIGINT, signal.default_int_handler)  # Tune leaves its own there
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with pytest.raises(KeyboardInterrupt), stoppable() as stop:
            send()
        assert stop.asked
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, python)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("lost", [True, False])
def test_sigterm_is_obeyed_after_a_library_that_handles_it_in_its_own_way(lost: bool) -> None:
    def of_the_library(*_: object) -> None:
        if not lost:
            sys.exit(15)

    with stoppable():
        with pytest.raises(KeyboardInterrupt), obeyed_later():
            signal.signal(signal.SIGTERM, of_the_library)
            send()
        with obeyed_later():
            pass
