"""Takes up the study of a launch where its earlier drivers have left it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import TrialState

from snn.config import TrialConfig
from sweep.search.configurations.candidate import Candidate
from sweep.search.configurations.study_trials import StudyTrials
from sweep.search.identity import ASSIGNMENT
from sweep.trial.outcome import Outcome


@dataclass
class TakenUp:
    """What earlier drivers have left.

    Attributes:
        assignments: The values of the searched keys of every configuration that was asked for.
        running: The configurations that have no end.
        resumed: The seeds that have one, with it.
        ended_early: Why configurations were ended early, by `group_id`.
    """

    assignments: list[Mapping[str, Any]] = field(default_factory=list)
    running: list[Candidate] = field(default_factory=list)
    resumed: list[tuple[TrialConfig, Outcome]] = field(default_factory=list)
    ended_early: dict[str, str] = field(default_factory=dict)


def take_up(trials: StudyTrials) -> TakenUp:
    """Read what earlier drivers have left, and say again how their configurations have ended.

    Args:
        trials: Of the study.
    """
    taken = TakenUp()
    for frozen in trials.left():
        taken.assignments.append(json.loads(frozen.user_attrs[ASSIGNMENT]))
        candidate = trials.revive(frozen)
        for seed, outcome in candidate.outcomes.items():
            config = candidate.configs[seed]
            taken.resumed.append((config, outcome))
            if candidate.reason:
                taken.ended_early[config.group_id] = candidate.reason
        if frozen.state == TrialState.RUNNING:
            taken.running.append(candidate)
        trials.remember(candidate, frozen)
    return taken
