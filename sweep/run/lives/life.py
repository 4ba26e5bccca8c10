"""The phases of a trial: what an event of Ray means, in any order of events.

Ray reports a failure before the start that it belongs to when a worker dies while it starts, a
result after a failure when both were under way, and an end twice when an actor and its task fail.
So nothing here relies on an order: a table gives the action for each event in each phase.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType


class Event(Enum):
    """What Ray Tune reports of a trial."""

    START = auto()
    RESULT = auto()
    PAUSE = auto()
    RECOVER = auto()
    COMPLETE = auto()
    ERROR = auto()


class Phase(Enum):
    """The phase of a trial, as this driver knows it."""

    UNSEEN = auto()
    RUNNING = auto()
    WAITING = auto()  # it is paused, or its process has died, and it waits for another
    ENDED = auto()


@dataclass(frozen=True)
class Step:
    """What to do about an event.

    Attributes:
        phase: The phase of the trial afterwards.
        begins: Whether its run must be begun first.
        counts: Whether the event is recorded.
    """

    phase: Phase
    begins: bool = False
    counts: bool = True


_ENDED = Step(Phase.ENDED, counts=False)

_STEPS: Mapping[tuple[Phase, Event], Step] = MappingProxyType(
    {
        (Phase.UNSEEN, Event.START): Step(Phase.RUNNING, begins=True),
        (Phase.UNSEEN, Event.RESULT): Step(Phase.RUNNING, begins=True),
        (Phase.UNSEEN, Event.PAUSE): Step(Phase.UNSEEN, counts=False),
        (Phase.UNSEEN, Event.RECOVER): Step(Phase.UNSEEN),
        (Phase.UNSEEN, Event.COMPLETE): Step(Phase.UNSEEN, counts=False),  # it never ran
        (Phase.UNSEEN, Event.ERROR): Step(Phase.ENDED, begins=True),
        (Phase.RUNNING, Event.START): Step(Phase.RUNNING),
        (Phase.RUNNING, Event.RESULT): Step(Phase.RUNNING),
        (Phase.RUNNING, Event.PAUSE): Step(Phase.WAITING),
        (Phase.RUNNING, Event.RECOVER): Step(Phase.WAITING),
        (Phase.RUNNING, Event.COMPLETE): Step(Phase.ENDED),
        (Phase.RUNNING, Event.ERROR): Step(Phase.ENDED),
        (Phase.WAITING, Event.START): Step(Phase.RUNNING),
        (Phase.WAITING, Event.RESULT): Step(Phase.RUNNING),
        (Phase.WAITING, Event.PAUSE): Step(Phase.WAITING),
        (Phase.WAITING, Event.RECOVER): Step(Phase.WAITING),
        (Phase.WAITING, Event.COMPLETE): Step(Phase.ENDED),
        (Phase.WAITING, Event.ERROR): Step(Phase.ENDED),
    }
    | {(Phase.ENDED, event): _ENDED for event in Event}
)


class Lives:
    """The phases of the trials of a launch, by their configuration."""

    def __init__(self) -> None:
        self._phases: dict[str, Phase] = {}
        self.closed = False

    def take(self, key: str, event: Event) -> Step:
        """The action for an event; events after `close` are ignored."""
        if self.closed:
            return _ENDED
        step = _STEPS[self._phases.get(key, Phase.UNSEEN), event]
        self._phases[key] = step.phase
        return step

    def open(self, key: str) -> bool:
        """Whether a trial has begun in this driver and not ended."""
        return self._phases.get(key) in (Phase.RUNNING, Phase.WAITING)

    def close(self) -> None:
        """Ignore further events: the driver is finishing."""
        self.closed = True
