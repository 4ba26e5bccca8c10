"""How the neurons of a layer are cut into programs."""

from __future__ import annotations

import triton

from snn.kernels.gpu import neurons

_FEED_FORWARD_NEURONS = 32  # in a program: few, so that a small batch fills the device, too


class Blocks:
    """How a layer is cut into programs."""

    def __init__(self, n_neurons: int, recurrent: bool) -> None:
        widest = max(neurons.IMAGES.value, triton.next_power_of_2(n_neurons))
        self.neurons = widest if recurrent else min(widest, _FEED_FORWARD_NEURONS)
        self.warps = min(16, max(4, self.neurons // 16))
        self._columns = triton.cdiv(n_neurons, self.neurons)

    def grid(self, n_images: int) -> tuple[int, int]:
        """Programs over the images and over the neurons."""
        return triton.cdiv(n_images, neurons.IMAGES.value), self._columns
