"""Whether a user's network can be trained here: tried on a few images before a training begins.

Each check is one sentence if it fails. It is tried on a CPU, in a copy of its own.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from snn.config import OF_SPIKES, TrialConfig
from snn.data.events.samples import EventSamples
from snn.data.shapes import Shape
from snn.declarations.files import about
from snn.encoding import draw_key
from snn.errors import ConfigError, SnnError
from snn.losses import Answer, loss
from snn.networks.own import OwnActivity, OwnNetwork, seeded

_IMAGES = 5  # no size that a network has by chance
_RATE = 1e-3


def check_network(
    config: TrialConfig, n_pixels: int, n_classes: int, shape: Shape | None = None
) -> tuple[str, ...]:
    """Try a user's network; the metrics that it gives beside accuracy and loss.

    Args:
        config: Names the network, with values for its keys.
        n_pixels: Per image.
        n_classes: Labels.
        shape: Of the images, where it is known.

    Raises:
        ConfigError: It cannot be trained, or not be resumed; one line with the reason, and with the
            line of the file where that raised an error.
    """
    _check_signature(config)
    images = _Images(config, n_pixels, n_classes)
    with _told(config, "cannot be made"):
        network = OwnNetwork(config, n_pixels, n_classes, shape)
    _check_parameters(config, network)
    with _told(config, "cannot classify"):
        activity = images.classify(network.train())
    _check_counts(config, activity)
    _check_finite(config, "its logits", activity.logits)
    with _told(config, "cannot be trained"):
        images.loss(network).backward()  # type: ignore[no-untyped-call]
    _check_gradients(config, network)
    with _told(config, "cannot be trained a second time; it may keep a state between batches"):
        images.train(network, steps=1)
    for made in (network.train(), network.eval()):
        _check_repeatable(config, images, made)
    _check_same_weights(config, network)
    _check_resumable(config, images, network.train())
    return network.measures


class _Images:
    """A few random images with labels, and what is done with them."""

    def __init__(self, config: TrialConfig, n_pixels: int, n_classes: int) -> None:
        drawn = torch.Generator().manual_seed(0)
        self._config = config
        self.pixels: Any = torch.randint(
            0, 256, (_IMAGES, n_pixels), dtype=torch.uint8, generator=drawn
        )
        if config.uses_kind("encoding") and config.component("encoding").takes == "events":
            shape = _IMAGES, config.n_steps, n_pixels
            self.pixels = EventSamples.from_dense(torch.randint(0, 2, shape, generator=drawn))
        self.labels = torch.randint(0, n_classes, (_IMAGES,), generator=drawn)
        self._key = draw_key(drawn)

    def classify(self, network: OwnNetwork) -> OwnActivity:
        """What the network makes of the images, with the same random numbers every time."""
        with seeded(self._config.seed_of("weights")):
            activity: OwnActivity = network(self.pixels, None, self._key)
        return activity

    def loss(self, network: OwnNetwork) -> Tensor:
        """The loss of the configuration."""
        activity = self.classify(network)
        answer = Answer(logits=activity.logits, counts=activity.counts)
        return loss(self._config)(answer, self.labels)

    def train(self, network: OwnNetwork, steps: int) -> None:
        """A few steps down the gradient."""
        for _ in range(steps):
            network.zero_grad()
            self.loss(network).backward()  # type: ignore[no-untyped-call]
            with torch.no_grad():
                for parameter in network.parameters():
                    if parameter.grad is not None:
                        parameter.sub_(parameter.grad, alpha=_RATE)


def _check_signature(config: TrialConfig) -> None:
    builder = config.component("network").load()
    try:
        inspect.signature(builder).bind(object(), 1, 2)
    except TypeError as error:
        raise _refused(config, f"must take (config, n_inputs, n_classes): {error}") from None
    except ValueError:  # a function of compiled code need not tell its parameters
        return


def _check_parameters(config: TrialConfig, network: OwnNetwork) -> None:
    trained = [each for group in network.parameter_groups() for each in group["params"]]
    if not trained:
        raise _refused(config, "has no parameters to train")
    for name, parameter in network.module.named_parameters():
        if parameter.dtype != torch.float32:
            raise _refused(config, f"{name}: is of {parameter.dtype}, not torch.float32")
    for name, value in network.module.state_dict().items():
        if not isinstance(value, Tensor):
            raise _refused(
                config, f"not resumable: {name} in its state_dict is no tensor, which is not kept"
            )
        if value.layout != torch.strided or not value.is_contiguous():
            raise _refused(config, f"{name}: must be a contiguous array; use .contiguous()")
    if config.weight_average:
        with _told(config, "cannot be copied, which weight_average needs"):
            copy.deepcopy(network)


def _check_counts(config: TrialConfig, activity: OwnActivity) -> None:
    for key in OF_SPIKES:
        if config.uses(key) and not activity.counts:
            raise _refused(config, f"USES names {key}, but it gives no spike counts")


def _check_finite(config: TrialConfig, what: str, values: Tensor) -> None:
    if not bool(values.isfinite().all()):
        raise _refused(config, f"{what} are not finite (NaN or infinite)")


def _check_gradients(config: TrialConfig, network: OwnNetwork) -> None:
    gradients = {
        name: parameter.grad
        for name, parameter in network.module.named_parameters()
        if parameter.grad is not None
    }
    if not gradients:
        raise _refused(config, "no parameter gets a gradient")
    for name, gradient in gradients.items():
        _check_finite(config, f"the gradients of {name}", gradient)
    if not any(bool(gradient.any()) for gradient in gradients.values()):
        raise _refused(config, "all gradients are 0: nothing would be learned")


def _check_repeatable(config: TrialConfig, images: _Images, network: OwnNetwork) -> None:
    """Two passes with the same seed; buffers such as running means may change in training."""
    before = copy.deepcopy(network.state_dict())
    first = images.classify(network).logits
    network.load_state_dict(before)
    if not torch.equal(first, images.classify(network).logits):
        raise _refused(
            config,
            "not deterministic: two passes with the same seed differ; reset its states at the "
            "begin of the forward pass, and draw random numbers from torch alone",
        )


def _check_same_weights(config: TrialConfig, network: OwnNetwork) -> None:
    first, second = (_again(config, network).state_dict() for _ in range(2))
    same = first.keys() == second.keys()
    if not same or not all(torch.equal(first[name], second[name]) for name in first):
        raise _refused(
            config, "not deterministic: made twice with the same seed, its weights differ"
        )


def _check_resumable(config: TrialConfig, images: _Images, network: OwnNetwork) -> None:
    """A network that is made anew and gets the state must go on like the one that was trained."""
    state = copy.deepcopy(network.state_dict())
    anew = _again(config, network).train()
    lacking = "not resumable: its state_dict does not restore it"
    with _told(config, lacking):
        anew.load_state_dict(state)
    for each in (network, anew):
        images.train(each, steps=2)
    same = all(
        torch.equal(
            images.classify(network.train(mode)).logits, images.classify(anew.train(mode)).logits
        )
        for mode in (True, False)
    )
    if not same:
        raise _refused(
            config, f"{lacking}; keep what changes in training in parameters and buffers"
        )


def _again(config: TrialConfig, network: OwnNetwork) -> OwnNetwork:
    return OwnNetwork(config, network.n_pixels, network.n_classes, network.shape)


@contextmanager
def _told(config: TrialConfig, what: str) -> Iterator[None]:
    """Say what a user's code raised, with the line of the file."""
    try:
        yield
    except SnnError as error:
        raise _refused(config, f"{what}: {error}") from None
    except Exception as error:  # whatever a user's code may raise
        module = import_module(config.component("network").module)
        told = about(error, str(module.__file__), config.component("network").file)
        raise _refused(config, f"{what}: {told}") from None


def _refused(config: TrialConfig, reason: str) -> ConfigError:
    return ConfigError(f"network: {config.component('network').name}: {reason}")
