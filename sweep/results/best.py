"""The best run of sweeps, by validation, with its configuration and its network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.records import Tag
from analysis.store.artifacts import checkpoint_of
from analysis.store.record import RunRecord
from snn.config import TrialConfig
from snn.declarations.files import PluginFile
from sweep.spec.kept_files import files_of_sweeps
from sweep.trial.params import logged_config

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Best:
    """The best run of a sweep.

    Attributes:
        record: The run as it was logged.
        tracking_uri: Of the MLflow store that has it.
    """

    record: RunRecord
    tracking_uri: str

    @property
    def run_id(self) -> str:
        """In MLflow."""
        return self.record.run_id

    @property
    def config(self) -> TrialConfig:
        """The whole configuration.

        Raises:
            SpecError: It was logged by another version of spikesweep.
        """
        return logged_config(self.record.params, self.record.tags, self.run_id, self._files)

    @property
    def metrics(self) -> Mapping[str, float]:
        """Those of the end: accuracies are fractions, losses nats."""
        return self.record.metrics

    @property
    def checkpoint(self) -> Path:
        """The file of the network: that which the run wrote, or a copy of MLflow's.

        Raises:
            AnalysisError: Neither is there any more.
        """
        return checkpoint_of(self.run_id, self.tracking_uri)

    def network(self) -> nn.Module:
        """The trained network of the best epoch.

        Called with pixels uint8 (B, N), it gives an activity, whose `logits` are (B, C); its
        `probabilities` are those of the classes.

        Users' files that it needs are those in use, or the copies of the launch in this folder.

        Raises:
            AnalysisError: Its file is gone.
            SnnError: Its file is damaged, or a user's file that it needs is not there.
            SpecError: A user's file was changed since the launch has kept it.
        """
        from snn.training.checkpoints import checkpoint

        network, _ = checkpoint.load_network(self.checkpoint, self._files)
        return network

    @property
    def _files(self) -> list[PluginFile]:
        return files_of_sweeps([self.record.tags.get(Tag.SWEEP, ""), self.record.sweep])

    def __repr__(self) -> str:
        accuracies = ", ".join(
            f"{name} {self.metrics[name]:.4f}"
            for name in ("best_val_accuracy", "test_accuracy")
            if name in self.metrics
        )
        return f"<Best {self.record.name}: {accuracies}>"

    def _repr_html_(self) -> str:
        return escape(repr(self))
