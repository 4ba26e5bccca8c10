"""What a trained network does with one image, as plain arrays.

Shapes: T steps, N inputs, H neurons of a layer, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerActivity:
    """A hidden layer over time.

    Attributes:
        spikes: (T, H) bool.
        potentials: (T, H) of the membranes, before the reset that a spike brings.
        thresholds: (T, H) where a potential makes a spike.
    """

    spikes: NDArray[np.bool_]
    potentials: Floats
    thresholds: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageActivity:
    """A network and one image.

    Attributes:
        name: What the image is called, in words, such as `test image 7`.
        image: (height, width) uint8, grey; or (height, width, 3), colour.
        encoding: The spike code.
        inputs: (T, N) what reaches the network: spikes (0 or 1), or currents: grey levels, white
            is 1, before the weights; not in units of the threshold.
        layers: Hidden layers, the first first.
        readout: (T, C).
        probabilities: (C,).
        class_names: C names.
        dt_ms: Length of a step.
        label: The true class, where it is known.
        has_input_spikes: Whether the input is spikes; of some codes it is currents.
    """

    name: str
    image: NDArray[np.uint8]
    encoding: str
    inputs: Floats
    layers: tuple[LayerActivity, ...]
    readout: Floats
    probabilities: Floats
    class_names: tuple[str, ...]
    dt_ms: float
    label: int | None = None
    has_input_spikes: bool = True

    @property
    def predicted(self) -> int:
        """The most likely class."""
        return int(self.probabilities.argmax())

    @property
    def times_ms(self) -> Floats:
        """(T,) of the steps."""
        return np.arange(len(self.readout), dtype=np.float64) * self.dt_ms

    @property
    def drive(self) -> Floats | None:
        """(height, width) the current of each pixel, where it is the same at every step."""
        grey = self.image.ndim == 2 and self.inputs.shape[1] == self.image.size
        if self.has_input_spikes or not grey or (self.inputs != self.inputs[0]).any():
            return None
        drive: Floats = self.inputs[0].reshape(self.image.shape)
        return drive
