"""The declaration of a component: a value of a configuration key, such as `lif` of `dynamics`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib import import_module
from types import MappingProxyType
from typing import Any

from snn.declarations.keys import Key

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "neuron": "dynamics",
        "encoding": "encoding",
        "surrogate": "surrogate",
        "readout": "readout",
        "loss": "loss",
        "schedule": "lr_schedule",
        "dataset": "dataset",
        "network": "network",
    }
)
"""The kinds of components, with the configuration key whose values they are."""

SPIKING_KINDS = ("neuron", "encoding", "surrogate", "readout")
"""The kinds that a spiking network is made of; the time loops compute all four."""

FORMATS = ("onnx", "nir")
_SPIKE_SEED = "seed_spikes"


@dataclass(frozen=True, kw_only=True)
class Component:
    """The declaration of a component.

    What `make` names is called like this, by kind; see the protocols and files of ours for more:

        neuron      make(config, n_neurons, generator) -> snn.neurons.Neuron
        encoding    make(config) -> snn.encoding.pixel_code.PixelEncoder; by what it `reads`:
                    of `images` or `events`, make(config, shape) -> snn.encoding.Encoder
        surrogate   make(v, threshold, slope, **own) -> derivative, of the shape of v
        readout     make(trace (T, B, C), **own) -> logits (B, C)
        loss        make(answer, labels (B,), **own) -> scalar; see snn.losses.base
        schedule    make(progress from 0 to 1, **own) -> factor of the learning rate
        dataset     make(root, download, **options) -> snn.data.Dataset or EventDataset
        network     make(settings, n_inputs, n_classes) -> nn.Module; see snn.networks.own

    `own` are the keys that the component brings or uses, by name. Neurons and encodings find them
    in the configuration. A data set brings none.

    Attributes:
        kind: One of `KINDS`.
        name: The value of the configuration key.
        make: The name of a function or class in the same file.
        label: What figures and tables call it; default: the name. Runs take it along in a tag.
        uses: Keys of ours that it uses, of those that some of its kind do not use.
        ignores: Keys of ours that others of its kind use, and that have no effect with it.
        keys: Keys that it brings.
        defaults: Defaults of keys of ours that are others with this component.
        published: The same where the preset is `published`.
        compiled: Backends that have loops for it, of `cpu` and `cuda`.
        formats: Formats that it can be exported to, of `FORMATS`.
        reads: What an encoding reads: `pixels`, each for itself; `images` with their shape; or
            binned `events`.
        random: Whether an encoding draws random numbers; it then uses `seed_spikes`.
        reads_trace: Whether a loss reads the readout of every time step.
        spiking: Whether a network of this value of `dynamics` spikes.
        content: What a data set has: `images` or `events`; empty where that is not known yet.
        replaces: Keys of ours that have the value of keys that it brings; it names them in
            `ignores`, too.
        options: What may stand after `@` in the name of a data set, as in `randman@classes=4`.
        family: The option that says which data set is meant, where the name stands for many.
        module: Where `make` is; filled in when it is registered.
        digest: SHA-256 of a user's file; empty for ours.
        file: Name of a user's file; empty for ours.
    """

    kind: str
    name: str
    make: str
    label: str = ""
    uses: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    published: Mapping[str, Any] = field(default_factory=dict)
    compiled: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    reads: str = "pixels"
    random: bool = False
    reads_trace: bool = False
    spiking: bool = True
    content: str = "images"
    replaces: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Key, ...] = ()
    family: str = ""
    module: str = ""
    digest: str = ""
    file: str = ""

    def __post_init__(self) -> None:
        if self.random and _SPIKE_SEED not in self.uses:
            object.__setattr__(self, "uses", (*self.uses, _SPIKE_SEED))

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Names of the keys that it brings."""
        return tuple(key.name for key in self.keys)

    @cached_property
    def limited(self) -> tuple[Key, ...]:
        """Keys that it brings and that may not be too high for the time step."""
        return tuple(key for key in self.keys if key.high_by_dt is not None)

    @property
    def takes(self) -> str:
        """What of data sets an encoding takes: `images` or `events`; see `content`."""
        return "events" if self.reads == "events" else "images"

    @property
    def title(self) -> str:
        """The component in messages, such as `the encoding ramp`."""
        return f"the {self.kind} {self.name}"

    def load(self) -> Any:
        """What `make` names; its file is imported now."""
        return getattr(import_module(self.module), self.make)

    def values(self, config: Any) -> dict[str, Any]:
        """The values of the keys that it brings or uses, by name."""
        return {key: getattr(config, key) for key in (*self.uses, *self.own)}

    def function(self, config: Any) -> Any:
        """What `make` names, with the values of the keys that it brings or uses."""
        made, values = self.load(), self.values(config)
        return partial(made, **values) if values else made
