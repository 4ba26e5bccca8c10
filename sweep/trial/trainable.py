"""One trial on a Ray worker: a network trained epoch by epoch, resumable after any of them.

A trial keeps its own checkpoint in its own folder, named after its configuration. So it goes on
where it was whatever stopped it (its process, its node, the driver), and the actor that trains it
can be handed the next trial without being started anew.

torch is imported when an actor starts: the driver, which only names this class, needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ray import tune

from snn.config import TrialConfig
from snn.data.base import Data
from snn.plugins.loading import use_kept
from sweep.cluster.nodes import RELEASE, check_here
from sweep.host import garbage
from sweep.host.paths import LaunchPaths

if TYPE_CHECKING:
    from sweep.trial.reports import Reports


class SnnTrainable(tune.Trainable):
    """Trains the configuration `config["trial"]`.

    Every step reports the metrics of one epoch; the last one also the result on the test images
    and how the trial ended. The first step of a resumed trial reports the last epoch again, because
    the driver may have gone before it decided on it. A diverged loss or a full disk is such an end,
    not an exception: the actor lives on, and the searcher learns the reason.
    """

    reports: Reports

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
        import torch

        assert datasets is not None and paths is not None
        check_here(paths.spec, release)
        use_kept(paths.plugins)
        torch.set_num_threads(threads)
        self.datasets, self.paths, self.device = datasets, paths, device
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Prepare this actor for another trial."""
        from snn.training.trainer import Trainer
        from sweep.trial.reports import Reports
        from sweep.trial.training import Training

        config = TrialConfig.parse(new_config["trial"])
        trainer = Trainer(config, self.datasets[config.dataset], self.device)
        self.reports = Reports(Training(trainer, self.paths.trial(config.config_id)))
        return True

    def step(self) -> dict[str, Any]:
        """Train one epoch."""
        return self.reports.step()

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to do: the trial's own checkpoint is newer than any that Ray asks for."""

    def load_checkpoint(self, checkpoint_dir: Any) -> None:
        """Nothing to do: `reset_config` continued already."""
