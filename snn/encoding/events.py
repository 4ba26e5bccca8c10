"""Events: what the data set recorded, in bins of a time step; see `snn.data.events.binning`.

There is nothing to encode. The drive keeps the packed events of a batch, and the current is a sum
of weight rows, one row an event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from snn.config import TrialConfig
from snn.data.events.samples import EventSamples
from snn.data.shapes import Shape
from snn.encoding.drive import Sizes, Work
from snn.errors import ArrayError
from snn.registry import Component, Key

COMPONENTS = (
    Component(
        kind="encoding",
        name="events",
        make="EventsEncoder",
        reads="events",
        keys=(
            Key(
                "time_bin",
                float,
                10.0,
                low=1e-6,
                high=1e6,
                description="events: length of a time step in ms, in place of dt; what is later "
                "than n_steps of them is cut",
            ),
            Key(
                "pool",
                int,
                1,
                low=1,
                high=10_000,
                description="events: so many neighbouring units are one input (cameras: in x and "
                "in y)",
            ),
            Key(
                "polarity",
                str,
                "both",
                choices=("both", "merged", "on", "off"),
                description="events of a camera: the two polarities as inputs of their own, as one "
                "input, or only one of them",
            ),
            Key(
                "counts",
                bool,
                False,
                description="events: an input gets all events of a time step, not one at most",
            ),
            Key(
                "event_rate",
                float,
                0.01,
                low=1e-6,
                high=1e3,
                description="events of a unit per ms that the initial weights are made for; 0.01: "
                "as in SHD",
            ),
            Key(
                "event_align",
                str,
                "none",
                choices=("none", "onset", "duration"),
                description="events: step 0 is the begin of the recording, of its first events "
                "(onset), or of its first events with the last step at its last ones (duration: "
                "time_bin is a step of the neurons only)",
            ),
            Key(
                "event_stretch",
                float,
                0.0,
                low=0,
                high=0.999,
                description="events: training samples are made longer or shorter by up to this "
                "share",
            ),
            Key(
                "event_shift",
                float,
                0.0,
                low=0,
                description="events: training samples are moved in time by up to so many ms",
            ),
            Key(
                "event_unit_stretch",
                float,
                0.0,
                low=0,
                high=0.999,
                description="events: the inputs of training samples are moved away from the "
                "middle, or to it, by up to this share of their distance from it",
            ),
            Key(
                "event_unit_shift",
                float,
                0.0,
                low=0,
                description="events: training samples are moved by up to so many inputs",
            ),
            Key(
                "event_jitter",
                float,
                0.0,
                low=0,
                description="events: every training event is moved among the inputs, with this "
                "standard deviation in inputs",
            ),
            Key(
                "event_drop",
                float,
                0.0,
                low=0,
                high=0.999,
                description="events: share of the training events that are left out",
            ),
            Key(
                "event_noise",
                float,
                0.0,
                low=0,
                high=10,
                description="events: events at random in training, as a share of the real ones",
            ),
            Key(
                "event_blend",
                float,
                0.0,
                low=0,
                high=1,
                description="events: share of the training samples that are mixed with another of "
                "their class",
            ),
        ),
        replaces={"dt": "time_bin"},
        ignores=("dt", "augment_shift", "augment_rotation", "augment_mirror"),
        # The whole recording counts, and there are fewer samples than in sets of images.
        defaults={"readout": "mean", "batch_size": 64},
        compiled=("cpu", "cuda"),
    ),
)


@dataclass(frozen=True, eq=False)
class EventDrive:
    """Packed events of a batch.

    Attributes:
        samples: B samples of T steps and N inputs.
    """

    samples: EventSamples

    @property
    def sizes(self) -> Sizes:
        """T, B and N."""
        return Sizes(self.samples.n_steps, len(self.samples), self.samples.n_inputs)

    @property
    def device(self) -> torch.device:
        """Where the events are."""
        return self.samples.device

    def current(self, weight: Tensor) -> Tensor:
        """Sums of weight rows: one bag of rows per sample and step."""
        units, offsets = self.samples.packed, self.samples.offsets
        rows = functional.embedding_bag(units.long(), weight, offsets[:-1], mode="sum")
        return rows.view(len(self.samples), self.samples.n_steps, -1).transpose(0, 1)

    def dense(self) -> Tensor:
        """The number of events of every step, sample and input."""
        return self.samples.raster().transpose(0, 1)

    def events(self) -> float:
        """Events per sample; each costs the synapses of its input, also where counts are kept."""
        return len(self.samples.packed) / len(self.samples)

    def work(self) -> Work:
        """Every event is added, also where several of a step are kept."""
        return Work(multiplied=0.0, added=self.events())


@final
class EventsEncoder:
    """Samples of events to their drive; see `snn.encoding.Encoder`.

    Args:
        config: Its steps and bins.
        shape: Of the inputs.
    """

    def __init__(self, config: TrialConfig, shape: Shape) -> None:
        self.n_inputs, self.n_steps = shape.n_pixels, config.n_steps
        keys = config.component("encoding").values(config)
        pooled = keys["pool"] if shape.height == 1 else keys["pool"] ** 2
        rate = keys["event_rate"] * keys["time_bin"] * pooled
        self._rate = rate if keys["counts"] else 1 - math.exp(-rate)

    def __call__(
        self,
        samples: EventSamples,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> EventDrive:
        """The drive of samples in the bins of this configuration.

        Raises:
            ArrayError: They are no binned events, or of other steps or inputs.
        """
        if not isinstance(samples, EventSamples):
            raise ArrayError(f"samples: must be EventSamples, not {type(samples).__name__}")
        found, wanted = (samples.n_steps, samples.n_inputs), (self.n_steps, self.n_inputs)
        if found != wanted or not len(samples):
            raise ArrayError(
                f"samples: {len(samples)} of {found[0]} steps and {found[1]} inputs; needs one or "
                f"more, of {wanted[0]} steps and {wanted[1]} inputs"
            )
        return EventDrive(samples)

    def power(self, response: Tensor) -> float:
        """Mean square of a filtered input that gets Poisson events at the rate `event_rate`."""
        noise = self._rate * float(response.square().sum())
        return noise + (self._rate * float(response.sum())) ** 2
