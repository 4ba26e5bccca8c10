"""A data set of events in memory. Imports no torch: the driver of a sweep reads it, too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from snn.data.base import Data, Places
from snn.data.events import description
from snn.data.events.binned import BinnedEvents, transform_of
from snn.data.events.recorded import Groups, Recorded
from snn.errors import DataError

if TYPE_CHECKING:
    from snn.config import TrialConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class EventDataset(Recorded, Data):
    """Events and labels; see `Recorded` for what they must be."""

    content = "events"
    sample = "sample"

    @property
    def train_groups(self) -> Groups | None:
        """(N,) the speaker or subject of every training sample; None where they are not known."""
        return self.groups

    @property
    def own_validation(self) -> Places | None:
        """(V,) places of the training samples that are for validation; None: a run draws them."""
        return self.validation

    @property
    def sizes(self) -> str:
        """How many samples, units and classes."""
        return description.sizes(self)

    def describe(self) -> list[str]:
        """Events a sample, durations and groups."""
        return description.lines(self)

    def draw(self, file: Path) -> None:
        """Write a raster of a sample of every class; see `snn.data.events.description`."""
        description.draw(self, file)

    def seen_by(self, config: TrialConfig) -> BinnedEvents:
        """The events in bins, as the configuration's keys say.

        Raises:
            ConfigError: Its keys do not go with these events.
        """
        return BinnedEvents(self, transform_of(config))

    def renamed(self, name: str) -> EventDataset:
        """The same data under another name."""
        return replace(self, name=name)

    def tested_on(self, group: int, name: str) -> EventDataset:
        """The same data with one group for the test, and all others for the training.

        Its own validation samples are then training samples like others.

        Args:
            group: Its number.
            name: Of the new data set.

        Raises:
            DataError: There is no such group, or no other.
        """
        if self.groups is None or self.test_groups is None:
            raise DataError(f"{name}: the data set has no groups, such as speakers")
        groups = np.concatenate([self.groups, self.test_groups])
        labels = np.concatenate([self.train_labels, self.test_labels])
        events = self.train_events.joined(self.test_events)
        test = groups == group
        if not test.any() or test.all():
            known = ", ".join(map(str, np.unique(groups)[:20]))
            raise DataError(f"{name}: {self.group_kind} must be one of {known}, beside others")
        train, test = np.flatnonzero(~test), np.flatnonzero(test)
        return replace(
            self,
            name=name,
            train_events=events.take(train),
            train_labels=labels[train],
            groups=groups[train],
            test_events=events.take(test),
            test_labels=labels[test],
            test_groups=groups[test],
            validation=None,
        )
