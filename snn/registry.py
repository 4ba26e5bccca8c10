"""The components that a configuration can name: neurons, encodings, surrogates and others.

A component is one value of one configuration key, such as `lif` of `dynamics`. Its file has the
equations and, in `COMPONENTS`, a declaration of each component. To add one of ours, write its file
and add the file to `_FILES` below. A user's file has the same declarations and is named in a
specification (`plugins`) or on the command line (`--plugin`).

Nothing here imports torch. The declarations of our files are read from their text. The file itself
is imported when a component is used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from snn.declarations.data_paths import is_events_file, is_path
from snn.declarations.keys import Key, PluginError
from snn.declarations.suggestion import did_you_mean

__all__ = [
    "FORMATS",
    "KINDS",
    "OURS",
    "SPIKING_KINDS",
    "Component",
    "Key",
    "Registry",
    "current",
    "use",
    "using",
]

# One line for a file of ours. The first component of a kind that is named stands first in lists.
_FILES = (
    "snn.neurons.alif",
    "snn.neurons.lif",
    "snn.neurons.izhikevich",
    "snn.neurons.adlif",
    "snn.neurons.se_adlif",
    "snn.neurons.brf",
    "snn.networks.mlp",
    "snn.networks.layers",
    "snn.encoding.latency",
    "snn.encoding.periodic",
    "snn.encoding.poisson",
    "snn.encoding.constant",
    "snn.encoding.events",
    "snn.encoding.sequences",
    "snn.surrogates.fast_sigmoid",
    "snn.surrogates.phi",
    "snn.surrogates.atan",
    "snn.neurons.readout",
    "snn.losses.cross_entropy",
    "snn.losses.cross_entropy_every_step",
    "snn.losses.mean_squared_error",
    "snn.losses.multi_class_margin",
    "snn.training.schedules",
    "snn.data.idx",
    "snn.data.digits",
    "snn.data.generated.yin_yang",
    "snn.data.vision.kmnist",
    "snn.data.vision.emnist",
    "snn.data.vision.qmnist",
    "snn.data.vision.usps",
    "snn.data.vision.svhn",
    "snn.data.vision.cifar10",
    "snn.data.events.spoken_digits",
    "snn.data.events.heidelberg",
    "snn.data.generated.randman",
    "snn.data.events.tonic_sets",
)

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


@dataclass(frozen=True, eq=False)
class Registry:
    """All components that configurations can name at a time."""

    components: tuple[Component, ...]

    def of(self, kind: str) -> tuple[Component, ...]:
        """The components of a kind, in their order."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Component, ...]]:
        kinds = dict.fromkeys(each.kind for each in self.components)
        return {kind: tuple(c for c in self.components if c.kind == kind) for kind in kinds}

    def names(self, kind: str) -> tuple[str, ...]:
        """Their names."""
        return tuple(each.name for each in self.of(kind))

    def get(self, kind: str, name: str) -> Component:
        """A component; of a data set that is named by its path, one of that name.

        Raises:
            KeyError: There is none of this name; with those that there are.
        """
        if kind == "dataset" and is_path(name):
            # What lies there is not looked at here; only the name of a file may tell.
            content = "events" if is_events_file(name) else ""
            return Component(
                kind=kind, name=name, make="read", module="snn.data.own", content=content
            )
        wanted = name.partition("@")[0] if kind == "dataset" else name
        for each in self.of(kind):
            if each.name == wanted:
                return each
        names = self.names(kind)
        hint = did_you_mean(name, names, f"there are {', '.join(names)}")
        raise KeyError(f"{kind} {name!r} is unknown; {hint}")

    @property
    def plugins(self) -> tuple[Component, ...]:
        """Those of users."""
        return tuple(each for each in self.components if each.digest)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that components bring."""
        return tuple(key for each in self.components for key in each.keys)

    def shared(self, kind: str) -> frozenset[str]:
        """Keys of ours that some components of a kind use and others do not."""
        return self._shared.get(kind, frozenset())

    @cached_property
    def _shared(self) -> dict[str, frozenset[str]]:
        return {
            kind: frozenset(key for each in found if not each.digest for key in each.uses)
            for kind, found in self._by_kind.items()
        }

    def brought(self, kind: str) -> frozenset[str]:
        """Keys that components of a kind bring."""
        return self._brought.get(kind, frozenset())

    @cached_property
    def _brought(self) -> dict[str, frozenset[str]]:
        return {
            kind: frozenset(key for each in found for key in each.own)
            for kind, found in self._by_kind.items()
        }

    def with_plugins(self, added: Iterable[Component]) -> Registry:
        """A registry with more components.

        Raises:
            PluginError: Components or keys are there already; a line each.
        """
        components, wrong = list(self.components), list[str]()
        for new in added:
            wrong += _repeated(new, components)
            components.append(new)
        if wrong:
            raise PluginError(*wrong)
        return Registry(tuple(components))


def _repeated(new: Component, known: Iterable[Component]) -> Iterator[str]:
    """What of a new component is there already, a line each."""
    for old in known:
        where = f"in {old.file}" if old.file else "in spikesweep"
        if (new.kind, new.name) == (old.kind, old.name):
            yield f"{new.file}: {new.title} exists already, {where}; rename it"
            continue
        shared = set(new.keys) & set(old.keys) if new.kind == old.kind == "network" else set()
        for key in set(new.own) & set(old.own) - {key.name for key in shared}:
            yield f"{new.file}: key {key} of {new.title} exists already, {where}; rename it"


def _declared(module: str) -> tuple[Component, ...]:
    """The declarations in a file of ours, without importing it."""
    path = Path(__file__).parents[1].joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    (found,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMPONENTS"
    )
    code = compile(ast.Expression(found), str(path), "eval")
    components = eval(code, {"Component": Component, "Key": Key})
    return tuple(replace(each, module=module) for each in components)


OURS = Registry(tuple(component for module in _FILES for component in _declared(module)))
"""The components that come with the package."""

_current = OURS


def current() -> Registry:
    """The registry that configurations are read with in this process."""
    return _current


def use(registry: Registry) -> None:
    """Read configurations with another registry from now on; those that were read keep theirs."""
    global _current
    _current = registry


@contextmanager
def using(registry: Registry) -> Iterator[None]:
    """Read configurations with another registry within this block; after it as before."""
    before = _current
    use(registry)
    try:
        yield
    finally:
        use(before)
