"""A packed trial on a Ray worker: an actor without torch, whose trial an engine trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray import tune

from snn.data.base import Data
from sweep.cluster.memory import peak_memory
from sweep.cluster.nodes import RELEASE, check_here
from sweep.host import garbage
from sweep.host.paths import LaunchPaths
from sweep.trial.outcome import MEMORY
from sweep.trial.packing.client import Engine
from sweep.trial.packing.messages import Setting, Verb


class PackedTrainable(tune.Trainable):
    """Has the configuration `config["trial"]` trained, and reports what `SnnTrainable` reports."""

    def setup(
        self,
        config: dict[str, Any],
        datasets: Mapping[str, Data] | None = None,
        paths: LaunchPaths | None = None,
        threads: int = 1,
        device: str = "cpu",
        release: str = RELEASE,
    ) -> None:
        """Called once per actor, with what all trials share."""
        garbage.look_rarely()
        assert datasets is not None and paths is not None
        check_here(paths.spec, release)
        self.engine = Engine(Setting(paths, device, threads, release), datasets)
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Prepare this actor for another trial; the place of the former one is free."""
        self.engine.ask(Verb.BEGIN, new_config["trial"])
        return True

    def step(self) -> dict[str, Any]:
        """Train one epoch."""
        result: dict[str, Any] = self.engine.ask(Verb.STEP)
        if MEMORY in result:
            result[MEMORY] += peak_memory()
        return result

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to do: the trial's own checkpoint is newer than any that Ray asks for."""

    def load_checkpoint(self, checkpoint_dir: Any) -> None:
        """Nothing to do: `reset_config` continued already."""

    def cleanup(self) -> None:
        """Leave the engine."""
        self.engine.leave()
