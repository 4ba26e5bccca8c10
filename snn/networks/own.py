"""A network of a user's: any `nn.Module`, made by a function in a file (`network: nets.py:build`).

    def build(config, n_inputs, n_classes):     # the names do not matter, the order does
        return nn.Sequential(nn.Linear(n_inputs, config.width), nn.ReLU(),
                             nn.Linear(config.width, n_classes))

    KEYS = [Key("width", int, 64, low=1, description="hidden units")]   # searched like ours
    USES = ["n_steps"]       # keys of our own networks that it reads, too
    INPUT = "pixels"         # or "spikes": of the configured encoding, which it then uses
    LABEL = "plain"          # its name in tables and figures; or {function: label}

All four are optional. Shapes: B images, N inputs, C classes, T steps, H neurons.

    pixels   (B, N) float32 from 0 to 1: images row by row, the channels of a pixel side by side
    spikes   (T, B, N) float32, 0 or 1; of the constant code, currents
    answer   logits (B, C), or a pair of logits and spike counts: (B, H), or a list of such, one of
             each layer. With counts, spikes per inference are logged; `spike_penalty`,
             or `rate_penalty` and `rate_target`, need them and to be named in `USES`.

`config` has the keys of `KEYS` and `USES`, and those of data and training, as attributes; and
`config.image_shape`, (height, width, channels) with height × width × channels = N. Weights
are drawn, and random numbers of a forward pass, from torch's generator, which is seeded for the
building, for every epoch and for every evaluation. So nothing need be seeded by the user. A network
that keeps a state between time steps resets it at the begin of its forward pass. What is learned
or counted over batches is in parameters and buffers, which a resumed training gets back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from snn.config import TrialConfig
from snn.data.base import Samples
from snn.data.pixels import check_pixels
from snn.data.shapes import Shape, known, square
from snn.encoding import encoder
from snn.errors import ArrayError, ConfigError

_SHAPE = "image_shape"


class OwnActivity(NamedTuple):
    """What the network did with a batch: logits (B, C), and spike counts (B, H) of every layer."""

    logits: Tensor
    counts: tuple[Tensor, ...]

    @property
    def trace(self) -> None:
        """What the network does in time is its own."""
        return None

    def room(self) -> tuple[int, ...]:
        """Empty: the most spikes that a layer can have are not known, or there are none."""
        return ()

    def events(self) -> Tensor:
        """Spikes per image: of the input, which are not counted, and of all neurons."""
        spikes = sum(float(layer.detach().sum()) / len(layer) for layer in self.counts)
        return torch.tensor([0.0, spikes], dtype=torch.float64)

    def work(self) -> Tensor:
        """(2, populations) of the same: the synapses are not known, so nothing is counted."""
        return torch.zeros(2, 2, dtype=torch.float64)


@final
class Settings:
    """The keys that a network uses, as attributes; of another key it says how to get it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = MappingProxyType(dict(values))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            if name not in TrialConfig.model_fields:
                raise AttributeError(f"there is no key {name}; declare it in KEYS") from None
            raise AttributeError(f"{name}: declare it in USES, as it is read") from None

    def __repr__(self) -> str:
        return f"Settings({dict(self._values)})"


@final
class OwnNetwork(nn.Module):
    """A user's network, as the trainer takes it.

    Args:
        config: Names the network.
        n_pixels: Numbers of an image: N, unless it gets spikes of an encoding with other inputs.
        n_classes: C.
        shape: Of the images, where it is known; else they are square and grey, if that can be.

    Raises:
        ConfigError: The function gives no module. What it raises itself passes through.
    """

    beta_mean: None = None
    class_names: tuple[str, ...] = ()

    def __init__(
        self,
        config: TrialConfig,
        n_pixels: int = 784,
        n_classes: int = 10,
        shape: Shape | None = None,
    ) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        self.n_pixels, self.n_classes = n_pixels, n_classes
        component = config.component("network")
        self._encoder, n_inputs = None, n_pixels
        self._takes_pixels = True
        if "encoding" in component.uses:
            self._takes_pixels = config.component("encoding").takes == "images"
            self._encoder = encoder(config, known(shape, n_pixels))
            n_inputs = self._encoder.n_inputs
        facts: dict[str, Any] = {_SHAPE: tuple(shape or square(n_pixels) or ())}
        if self._encoder is not None and "n_steps" in component.uses:
            facts["n_steps"] = self._encoder.n_steps
        with seeded(config.seed_of("weights")):
            settings = Settings(config.params() | facts)
            module = component.load()(settings, n_inputs, n_classes)
        if not isinstance(module, nn.Module):
            raise ConfigError(f"gives {type(module).__name__}, and no torch.nn.Module")
        self.module = module
        self._counts = False

    @property
    def measures(self) -> tuple[str, ...]:
        """The metrics that its events give: spikes, where its last answer had counts of them."""
        return ("spikes_per_inference",) if self._counts else ()

    def forward(
        self,
        pixels: Tensor,
        generator: torch.Generator | None = None,
        key: Tensor | None = None,
    ) -> OwnActivity:
        """Classify pixels (B, N) uint8; the generator or the key is for the random spike code.

        Raises:
            ArrayError: The pixels, or what the network makes of them, have another type or shape.
        """
        if self._takes_pixels:
            check_pixels(pixels)
            if pixels.shape[1] != self.n_pixels:
                raise ArrayError(f"pixels: {pixels.shape[1]} per image, not {self.n_pixels}")
        if self._encoder is None:
            given, batch_axis = pixels.float() / 255, 0
        else:
            given, batch_axis = self._encoder(pixels, generator, key).dense().float(), 1
        n_images = given.shape[batch_axis]  # len() would be a constant in an exported network
        activity = _activity(self.module(given), n_images, self.n_classes)
        self._counts = bool(activity.counts)
        return activity

    @torch.no_grad()
    def probabilities(self, pixels: Samples) -> Tensor:
        """Class probabilities (B, C) of pixels (B, N) uint8; errors as of `forward`."""
        generator = torch.Generator(pixels.device).manual_seed(self.config.seed_of("spikes"))
        with seeded(self.config.seed_of("order")):
            logits: Tensor = self(pixels, generator).logits
        return logits.softmax(dim=1)

    def outgoing(self) -> list[tuple[str, int, int]]:
        """Nothing: which weights leave which neurons is not known."""
        return []

    def fan_out(self) -> Tensor:
        """Zeros, one for each of `events`: the synapses are not known."""
        return torch.zeros(2, dtype=torch.float64)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The parameters that are trained, at the learning rate itself."""
        trained = [each for each in self.parameters() if each.requires_grad]
        return [{"params": trained, "lr_factor": 1.0}]

    def kept_buffers(self) -> dict[str, Tensor]:
        """The buffers that are kept in checkpoints; a state within a forward pass is none."""
        kept = self.state_dict().keys()
        return {name: buffer for name, buffer in self.named_buffers() if name in kept}


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's generators within this block; after it they are as they were before."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _activity(answer: Any, n_images: int, n_classes: int) -> OwnActivity:
    logits, counts = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, ())
    _check("logits", logits, (n_images, n_classes))
    layers = [counts] if isinstance(counts, Tensor) else counts
    if not isinstance(layers, Sequence):
        raise ArrayError(f"spike counts: {type(counts).__name__} is no tensor and no list of them")
    for layer in layers:
        _check("spike counts", layer, (n_images, None))
    return OwnActivity(logits, tuple(layers))


def _check(what: str, found: Any, wanted: tuple[int, int | None]) -> None:
    shape = f"({wanted[0]}, {'any' if wanted[1] is None else wanted[1]})"
    if not isinstance(found, Tensor):
        raise ArrayError(f"{what}: {type(found).__name__} is no tensor of shape {shape}")
    fits = found.dim() == 2 and found.shape[0] == wanted[0] and wanted[1] in (None, found.shape[1])
    if not fits or not found.is_floating_point():
        raise ArrayError(
            f"{what}: of shape {tuple(found.shape)} and {found.dtype}, not {shape} of floats"
        )
