"""The activity of a trained network for given images, in the form that the figures need."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from snn.config import TrialConfig
from snn.data.arrays import Bytes
from snn.data.base import Samples
from snn.data.events.samples import EventSamples
from snn.data.shapes import Shape
from snn.networks import Network, pictures
from snn.networks.spiking import SpikingNetwork
from sweep.errors import SpecError

if TYPE_CHECKING:
    from analysis.data.activity import Floats, ImageActivity, LayerActivity
    from snn.kernels.reference import Record


def activities(
    network: Network, names: Sequence[str], pixels: Samples, probabilities: Tensor
) -> list[ImageActivity]:
    """The activity of the network for every image.

    Args:
        network: A spiking one.
        names: Of the images, as `pictures.read` takes them.
        pixels: Pixels (B, N) uint8, or binned events.
        probabilities: (B, C) as `network.probabilities` gives them.

    Raises:
        SpecError: The network does not spike.
    """
    from analysis.data.activity import ImageActivity
    from analysis.data.labels import class_names

    config = network.config
    if not isinstance(network, SpikingNetwork):
        raise SpecError(f"the network is {_without_spikes(config)}")
    with torch.no_grad():
        # The generator of `probabilities`: it draws the same spikes.
        record = network.record(pixels, torch.Generator().manual_seed(config.seed_of("spikes")))
    shape = pictures.shape_of(network) or Shape(1, network.n_pixels)
    return [
        ImageActivity(
            name=pictures.in_words(name, network),
            image=picture(pixels, at, shape),
            encoding=config.encoding,
            inputs=_floats(record.inputs[:, at]),
            layers=_layers(record, at),
            readout=_floats(record.trace[:, at]),
            probabilities=_floats(probabilities[at]),
            class_names=network.class_names or class_names(config.dataset, network.n_classes),
            dt_ms=config.dt,
            label=pictures.label(name, network),
            has_input_spikes=_has_input_spikes(config),
        )
        for at, name in enumerate(names)
    ]


@singledispatch
def picture(samples: Any, at: int, shape: Shape) -> Bytes:
    """How one of the samples is drawn: (height, width) or (height, width, 3) of bytes."""
    raise TypeError(f"{type(samples).__name__}: these are no samples")


@picture.register
def _(samples: Tensor, at: int, shape: Shape) -> Bytes:
    return shape.picture(samples[at].numpy())


@picture.register
def _(samples: EventSamples, at: int, shape: Shape) -> Bytes:
    """Of a row of units who fires when; of a camera the events of every pixel."""
    one = samples.index_select(0, torch.tensor([at]))
    found = one.raster()[0].T if shape.height == 1 else one.counts().view(shape).sum(dim=2)
    grey: Bytes = (found * (255 / max(1.0, float(found.max())))).to(torch.uint8).numpy()
    return grey


def _has_input_spikes(config: TrialConfig) -> bool:
    if config.uses("crossing_levels"):
        return config.crossing_levels > 0
    return config.encoding != "constant"


def _without_spikes(config: TrialConfig) -> str:
    if config.has_own_network:
        return f"{config.network}: only networks of layers can be drawn"
    return "an mlp: it has no spikes to draw"


def _layers(record: Record, image: int) -> tuple[LayerActivity, ...]:
    from analysis.data.activity import LayerActivity

    layers = zip(record.spikes, record.potentials, record.thresholds, strict=True)
    return tuple(
        LayerActivity(
            spikes=spikes[:, image].numpy() > 0,
            potentials=_floats(potentials[:, image]),
            thresholds=_floats(thresholds[:, image]),
        )
        for spikes, potentials, thresholds in layers
    )


def draw(
    file: Path, network: Network, names: Sequence[str], pixels: Samples, probabilities: Tensor
) -> None:
    """Draw how the network processes every image; several images go to FILE-1, FILE-2 ….

    Raises:
        SpecError: The network does not spike.
        AnalysisError: A file cannot be written.
    """
    from analysis import figures

    found = activities(network, names, pixels, probabilities)
    for number, activity in enumerate(found, start=1):
        name = file.name if len(found) == 1 else f"{file.stem}-{number}{file.suffix}"
        figures.save_figure(figures.pipeline(activity), file.with_name(name))


def _floats(values: Tensor) -> Floats:
    return values.numpy().astype(np.float64)
