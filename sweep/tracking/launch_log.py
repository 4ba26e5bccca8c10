"""The log of a launch: its own run, and of every trial the begin, the epochs, the end, the files.

A sweep and a single training write the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, final

from analysis.records import COLOURS, State, Tag
from snn.config import TrialConfig
from snn.data.base import Data
from sweep.host.paths import LaunchPaths
from sweep.tracking.earlier_runs import EarlierRun, Epochs
from sweep.tracking.provenance import launch_tags, provenance_tags
from sweep.tracking.shown.data_sets import note
from sweep.tracking.shown.names import Naming
from sweep.tracking.tracker import SWEEP_RUN, MlflowTracker, sweep_tags, trial_tags
from sweep.trial.names import trial_name
from sweep.trial.outcome import Outcome

_STANDING_EVERY_S = 1.0
_NO_TAGS: Mapping[str, str] = MappingProxyType({})


@final
class LaunchLog:
    """Writes through a tracker, which keeps what is written and delivers it.

    Args:
        paths: Of the launch.
        tracker: Of the same launch.
        name: What the run of a trial is called.
        seeds: How many of each configuration the sweep asks for.

    Raises (each method): OSError, it cannot be written.
    """

    def __init__(
        self, paths: LaunchPaths, tracker: MlflowTracker, name: Naming = trial_name, seeds: int = 1
    ) -> None:
        self._paths, self._tracker, self._name = paths, tracker, name
        self._asked = {Tag.SEEDS: str(seeds)}
        self._stood_at = -math.inf

    def begin_launch(
        self,
        params: Mapping[str, Any] = MappingProxyType({}),
        tags: Mapping[str, str] = _NO_TAGS,
        experiment: Mapping[str, str] = _NO_TAGS,
    ) -> None:
        """Begin the run of the launch, beside those of its trials; tag their experiment."""
        all_tags = {**sweep_tags(self._paths), **launch_tags(), **tags}
        name = f"{self._paths.name} {self._paths.launch}"
        self._tracker.begin(SWEEP_RUN, name, dict(params), all_tags, experiment=experiment)

    def standing(
        self, ended: int, metrics: Mapping[str, float], every_s: float = _STANDING_EVERY_S
    ) -> None:
        """Log how the launch stands, as metrics of its run by the number of trials that ended.

        Some are left out, so that many short trials do not make many metrics.
        """
        if time.monotonic() - self._stood_at >= every_s:
            self._tracker.epoch(SWEEP_RUN, ended, metrics)
            self._stood_at = time.monotonic()

    def end_launch(
        self, outcome: Outcome, files: Sequence[str] = (), tags: Mapping[str, str] = _NO_TAGS
    ) -> None:
        """End the run of the launch, with files that are in its folder."""
        self._tracker.end(SWEEP_RUN, outcome, tags, files)

    def begin(self, config: TrialConfig, dataset: Data, tags: Mapping[str, str] = _NO_TAGS) -> None:
        """Begin the run of a trial."""
        told = {**self._asked, **provenance_tags(dataset, config), **tags}
        all_tags = {**trial_tags(self._paths, config), **told}
        self._tracker.begin(
            config.config_id, self._name(config), config.params(), all_tags, data=note(dataset)
        )

    def epochs(self, config: TrialConfig, epochs: Epochs) -> None:
        """Log the metrics of epochs, by their numbers from 1; those that are known are left out."""
        for epoch, metrics in epochs.items():
            self._tracker.epoch(config.config_id, epoch, metrics)

    def end(
        self, config: TrialConfig, outcome: Outcome, tags: Mapping[str, str] = _NO_TAGS
    ) -> None:
        """End the run of a trial of this launch, with its files if it is done."""
        files = self._paths.trial(config.config_id)
        done = outcome.state == State.DONE
        # Not every data set has groups: what was not written is not delivered.
        written = [files.best, files.confusion, files.groups, files.predictions] if done else []
        artifacts = [file.name for file in written]
        colour = {Tag.COLOUR: COLOURS[outcome.state]} if outcome.state in COLOURS else {}
        self._tracker.end(config.config_id, outcome, {**tags, **colour}, artifacts)

    def reuse(
        self, config: TrialConfig, dataset: Data, outcome: Outcome, record: EarlierRun
    ) -> None:
        """Log the whole run of a trial that ran before, in another launch; its files stay there."""
        self.begin(config, dataset, {Tag.REUSED_FROM: record.run_id})
        self.epochs(config, record.epochs)
        self._tracker.end(config.config_id, outcome, {Tag.CHECKPOINT: record.checkpoint})
