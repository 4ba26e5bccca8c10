"""Sequences: an image is read piece by piece, a piece at every step, so the network must remember.

    rows       step t shows row t: height steps of width inputs
    pixels     step t shows pixel t, row by row from the top left: height · width steps of one input
    permuted   the same, with the pixels in an order that is drawn once and is the same for all

The channels of a pixel are inputs side by side. The number of steps follows from the images. After
them come `answer_steps` without input. With `crossing_levels: 0` the grey level x, from 0 to 1, is
the input current of its step. Else there are K = `crossing_levels` thresholds θ_k = k / (K + 1),
k = 1 … K, and two inputs for each:

    on[k]  fires at step t if x[t − 1] < θ_k ≤ x[t],   off[k] if x[t] < θ_k ≤ x[t − 1]

x is 0 before the image and after it. In `rows` it is compared with the pixel above.
Sources: Le, Jaitly & Hinton, "A simple way to initialize recurrent networks of rectified linear
units", 2015 (`pixels`, `permuted`); Bellec et al., "Long short-term memory and learning-to-learn in
networks of spiking neurons", 2018, supplement (crossings: 80 inputs; 56 further steps to answer).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from snn.config import TrialConfig
from snn.data.pixels import check_pixels, shape_of
from snn.data.shapes import Shape
from snn.encoding.drive import GREY_LEVELS, Drive, Sizes, Table, Work, look_up
from snn.encoding.pixel_code import LIT_PIXELS
from snn.errors import ConfigError
from snn.registry import Component

COMPONENTS = (
    Component(
        kind="encoding",
        name="rows",
        make="rows",
        reads="images",
        uses=("crossing_levels", "answer_steps"),
        ignores=("n_steps",),
        compiled=("cpu", "cuda"),
    ),
    Component(
        kind="encoding",
        name="pixels",
        make="pixels",
        reads="images",
        uses=("crossing_levels", "answer_steps"),
        ignores=("n_steps",),
        compiled=("cpu", "cuda"),
    ),
    Component(
        kind="encoding",
        name="permuted",
        make="permuted",
        reads="images",
        uses=("crossing_levels", "answer_steps", "permutation_seed"),
        ignores=("n_steps",),
        compiled=("cpu", "cuda"),
    ),
)

MOST_STEPS = 10_000
_STROKE = 4  # pixels that a typical line is wide: what is beside a pixel is mostly like it
_NOMINAL_IMAGES, _NOMINAL_PIXELS = 64, 2**18


@dataclass(frozen=True)
class SequenceCurrents:
    """Grey levels as currents, each at its step.

    Attributes:
        pieces: (B, S, N) uint8, what is shown at the first S steps.
        n_steps: T, S or more.
    """

    pieces: Tensor
    n_steps: int

    @property
    def sizes(self) -> Sizes:
        """T, B and N."""
        n_images, _, n_inputs = self.pieces.shape
        return Sizes(self.n_steps, n_images, n_inputs)

    @property
    def device(self) -> torch.device:
        """Where the pieces are."""
        return self.pieces.device

    def current(self, weight: Tensor) -> Tensor:
        """One product for all steps."""
        return self.dense().to(weight.dtype) @ weight

    def dense(self) -> Tensor:
        """The values from 0 to 1."""
        return _then_black(self.pieces, self.n_steps).float() / 255

    def events(self) -> float:
        """Values per image that are not 0."""
        return float(self.pieces.count_nonzero()) / len(self.pieces)

    def work(self) -> Work:
        """Every grey level is multiplied, once, at its step."""
        return Work(multiplied=self.events(), added=0.0)


@dataclass(frozen=True)
class Crossings:
    """Spikes where the grey level crosses a threshold between two steps.

    Attributes:
        pieces: (B, S, M) uint8, what is shown at the first S steps.
        table: (256,) int64, how many of the K thresholds a grey level reaches.
        n_levels: K. Every number of a piece has 2 · K inputs: K for on, then K for off.
        n_steps: T, S or more.
    """

    pieces: Tensor
    table: Tensor
    n_levels: int
    n_steps: int

    @property
    def sizes(self) -> Sizes:
        """T, B and N = 2 · K · M."""
        n_images, _, n_numbers = self.pieces.shape
        return Sizes(self.n_steps, n_images, 2 * self.n_levels * n_numbers)

    @property
    def device(self) -> torch.device:
        """Where the pieces are."""
        return self.pieces.device

    def current(self, weight: Tensor) -> Tensor:
        """One product for all steps."""
        return self.dense().to(weight.dtype) @ weight

    def dense(self) -> Tensor:
        """Ones where a threshold is crossed."""
        before, after = (each.unsqueeze(-1) for each in self._reached())
        level = torch.arange(self.n_levels, device=self.device)
        on, off = (before <= level) & (level < after), (after <= level) & (level < before)
        return torch.cat([on, off], dim=-1).flatten(2).float()

    def events(self) -> float:
        """Spikes per image."""
        before, after = self._reached()
        return float((after - before).abs().sum()) / len(self.pieces)

    def work(self) -> Work:
        """Every spike is added."""
        return Work(multiplied=0.0, added=self.events())

    def _reached(self) -> tuple[Tensor, Tensor]:
        """(T, B, M) thresholds that are reached at the step before, and at each step."""
        shown = _then_black(self.pieces, self.n_steps)
        after = look_up(self.table, shown.flatten(1)).view(shown.shape)
        return torch.cat([torch.zeros_like(after[:1]), after[:-1]]), after


def _then_black(pieces: Tensor, n_steps: int) -> Tensor:
    """(T, B, N) the pieces in time, and then black."""
    return functional.pad(pieces.transpose(0, 1), (0, 0, 0, 0, 0, n_steps - pieces.shape[1]))


@final
class Sequence:
    """Images to sequences; see `snn.encoding.Encoder`.

    Args:
        config: Has the thresholds and the steps to answer.
        shape: Of the images.
        n_pieces: In how many pieces an image is shown.
        order: (height · width,) the pixels in the order that they are shown in; None: as they lie.

    Raises:
        ConfigError: There would be more than `MOST_STEPS` steps.
    """

    def __init__(
        self, config: TrialConfig, shape: Shape, n_pieces: int, order: Tensor | None = None
    ) -> None:
        self._shape, self._n_pieces = shape, n_pieces
        self._order = None if order is None else Table(order)
        self._n_levels = config.crossing_levels
        reached = torch.arange(GREY_LEVELS) * (self._n_levels + 1) // (GREY_LEVELS - 1)
        self._table = Table(reached.clamp(max=self._n_levels))
        self.n_inputs = shape.n_pixels // n_pieces * (2 * self._n_levels or 1)
        self.n_steps = n_pieces + config.answer_steps
        if self.n_steps > MOST_STEPS:
            raise ConfigError(
                f"encoding: {config.encoding} makes {self.n_steps} steps of images of {shape} "
                f"pixels, and at most {MOST_STEPS} can be trained; use rows, or smaller images"
            )

    def __call__(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> Drive:
        """Encode pixels (B, N) uint8."""
        check_pixels(pixels)
        shape_of(pixels, self._shape)
        pieces = pixels.reshape(len(pixels), self._n_pieces, -1)
        if self._order is not None:
            pieces = pieces.index_select(1, self._order.on(pixels.device))
        if not self._n_levels:
            return SequenceCurrents(pieces, self.n_steps)
        return Crossings(pieces, self._table.on(pixels.device), self._n_levels, self.n_steps)

    def power(self, response: Tensor) -> float:
        """Mean square of an input that is filtered with `response` (T,), at any time after another.

        With the mean m and the mean square s of a nominal image: (s − m²) · Σ ε² + (m · Σ ε)².
        """
        values = self(self._nominal()).dense()
        mean, square = float(values.mean()), float(values.square().mean())
        noise = (square - mean**2) * float(response.square().sum())
        return noise + (mean * float(response.sum())) ** 2

    def _nominal(self) -> Tensor:
        """(B, N) images of squares as wide as a line, of which a share `LIT_PIXELS` is lit."""
        height, width, channels = self._shape
        count = max(1, min(_NOMINAL_IMAGES, _NOMINAL_PIXELS // self._shape.n_pixels))
        size = count, math.ceil(height / _STROKE), math.ceil(width / _STROKE), channels
        drawn = torch.Generator().manual_seed(0)
        grey = torch.randint(1, GREY_LEVELS, size, generator=drawn, dtype=torch.uint8)
        grey *= torch.rand(size, generator=drawn) < LIT_PIXELS
        wide = grey.repeat_interleave(_STROKE, 1).repeat_interleave(_STROKE, 2)
        return wide[:, :height, :width].flatten(1)


def rows(config: TrialConfig, shape: Shape) -> Sequence:
    """A row of pixels at every step."""
    return Sequence(config, shape, shape.height)


def pixels(config: TrialConfig, shape: Shape) -> Sequence:
    """A pixel at every step."""
    return Sequence(config, shape, shape.height * shape.width)


def permuted(config: TrialConfig, shape: Shape) -> Sequence:
    """A pixel at every step, in an order that is drawn from `permutation_seed`."""
    n_pieces = shape.height * shape.width
    drawn = torch.Generator().manual_seed(config.permutation_seed)
    return Sequence(config, shape, n_pieces, torch.randperm(n_pieces, generator=drawn))
