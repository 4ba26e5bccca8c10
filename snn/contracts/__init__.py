"""What every component must do, of ours and of users; `spikesweep check` runs it on a file.

A check is a function whose docstring states what must hold, and that raises `Broken` where it does
not. `findings` runs those of a component's kind, then those of all kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import NamedTuple

from snn.contracts.case import Broken
from snn.declarations.files import about
from snn.registry import Component

Check = Callable[[Component], None]
_MODULES: Mapping[str, str] = {
    "neuron": "neurons",
    "encoding": "encodings",
    "surrogate": "functions",
    "readout": "functions",
    "loss": "losses",
    "schedule": "functions",
    "dataset": "datasets",
    "network": "networks",
}


class Finding(NamedTuple):
    """Whether one statement holds.

    Attributes:
        statement: What must hold.
        reason: Why it does not; empty if it does.
    """

    statement: str
    reason: str


def findings(component: Component) -> Iterator[Finding]:
    """Check a component that is in use, statement by statement.

    A component that breaks one is not checked further by the statements that need it.
    """
    of_kind: Mapping[str, tuple[Check, ...]] = import_module(
        f"snn.contracts.{_MODULES[component.kind]}"
    ).CHECKS
    training: tuple[Check, ...] = import_module("snn.contracts.training").CHECKS
    for check in (*of_kind[component.kind], *training):
        statement = str(check.__doc__).splitlines()[0].rstrip(".")
        reason = _reason(check, component)
        yield Finding(statement, reason)
        if reason:
            return


def first_fault(component: Component) -> str:
    """The first statement that does not hold, with the reason; empty if all hold."""
    for statement, reason in findings(component):
        if reason:
            return (
                f"{component.file or component.module}: {component.title}: {reason} ({statement})"
            )
    return ""


def _reason(check: Check, component: Component) -> str:
    try:
        check(component)
    except Broken as error:
        return str(error)
    except Exception as error:  # whatever a user's code may raise
        source = str(getattr(import_module(component.module), "__file__", ""))
        return about(error, source, component.file or component.name)
    return ""
