"""A sweep as a guest in a user's own process, such as a notebook: what it changes is put back.

The command line owns its process and sets it up once. A program that calls us goes on afterwards,
with its own variables, loggers, warnings and handlers.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from analysis.text.variables import variables
from sweep.host import environment

RAY_LOGGERS = ("ray", "ray.tune")
_QUIETED = (*environment.CHATTY, *RAY_LOGGERS, "optuna")


@contextmanager
def guest() -> Iterator[None]:
    """Set the process up as the command line does, and put back at the end what was changed.

    These are put back: environment variables, levels of loggers, filters of warnings, the hook for
    uncaught exceptions and the handler of crashes. Signal handlers are put back by `stoppable`,
    Ray by `connection`. Other threads see the changes meanwhile.
    """
    with ExitStack() as stack:
        stack.callback(_put_environment, variables())
        stack.callback(_put_levels, _levels())
        stack.callback(setattr, sys, "excepthook", sys.excepthook)
        if not faulthandler.is_enabled():  # Ray enables it
            stack.callback(faulthandler.disable)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # of libraries; what a user should know is said by us
        environment.settle(os.environ)
        environment.quiet_loggers()
        yield


@contextmanager
def unlogged() -> Iterator[None]:
    """Log no news meanwhile: Ray sets its loggers up, and uses them, while it is imported."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.INFO))
    try:
        yield
    finally:
        logging.disable(before)


def _put_environment(before: dict[str, str]) -> None:
    """Only what differs is touched: other threads may be reading."""
    for name in variables().keys() - before.keys():
        os.environ.pop(name, None)
    for name, value in before.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _levels() -> dict[str, int]:
    """The levels of all loggers that there are, and of those that a sweep quiets."""
    loggers = {name: logging.getLogger(name) for name in (*logging.root.manager.loggerDict,)}
    loggers |= {name: logging.getLogger(name) for name in _QUIETED}
    return {name: logger.level for name, logger in loggers.items()}


def _put_levels(before: dict[str, int]) -> None:
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
