"""What a network sees of event data: samples in bins, as the keys of its configuration say."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from snn.data.base import Places, Seen
from snn.data.events.binning import Bins, Transform, bins_of, cut, pooled
from snn.data.events.recorded import Groups, Recorded
from snn.data.shapes import Shape

if TYPE_CHECKING:
    from snn.config import TrialConfig
    from snn.data.events.samples import EventSamples

_FOREVER = 1e9  # ms


def transform_of(config: TrialConfig) -> Transform:
    """What a configuration asks for; a network without steps gets the counts of every unit."""
    if not config.uses_kind("encoding"):
        return Transform(n_steps=1, time_bin=_FOREVER, counts=True)
    keys = config.component("encoding").values(config)
    return Transform(
        n_steps=config.n_steps,
        time_bin=keys["time_bin"],
        pool=keys["pool"],
        polarity=keys["polarity"],
        counts=keys["counts"],
        align=keys["event_align"],
    )


class BinnedEvents(Seen):
    """The samples of a data set under a transform; binned when they are first asked for.

    Args:
        data: The events.
        transform: How they are brought into bins.
    """

    def __init__(self, data: Recorded, transform: Transform) -> None:
        self._data, self._transform = data, transform
        self.train_labels, self.test_labels = data.train_labels, data.test_labels

    @property
    def train_groups(self) -> Groups | None:
        """(N,) the speaker or subject of every training sample; None where they are not known."""
        return self._data.groups

    @property
    def own_validation(self) -> Places | None:
        """(V,) places of the training samples that are for validation; None: a run draws them."""
        return self._data.validation

    @property
    def shape(self) -> Shape:
        """Of the inputs: height, width and polarities, after pooling."""
        return pooled(self._data.size, self._transform)

    def train(self, places: Places) -> EventSamples:
        """Training samples at these places."""
        return self._samples(self._bins[0], places)

    def test(self) -> EventSamples:
        """All test samples."""
        return self._samples(self._bins[1], np.arange(len(self.test_labels)))

    @property
    def notes(self) -> tuple[str, ...]:
        """How many samples last longer than the steps, where some do."""
        notes = []
        for name, events in (
            ("training", self._data.train_events),
            ("test", self._data.test_events),
        ):
            left_out = cut(events, self._data.tick_ms, self._transform)
            if left_out.samples:
                share = left_out.events / len(events.ticks)
                notes.append(
                    f"{self._data.name}: {left_out.samples:,} of {len(events):,} {name} samples "
                    f"last longer than n_steps × time_bin = {self._transform.n_steps} × "
                    f"{self._transform.time_bin:g} ms; what is later is cut: {left_out.events:,} "
                    f"events, {share:.1%}"
                )
        return tuple(notes)

    @cached_property
    def _bins(self) -> tuple[Bins, Bins]:
        return bins_of(self._data, self._transform)

    def _samples(self, bins: Bins, places: Places) -> EventSamples:
        from snn.data.events.samples import EventSamples

        return EventSamples.of(bins, self._transform.n_steps, self.n_pixels, places)
