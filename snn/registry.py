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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from snn.declarations.component import FORMATS, KINDS, SPIKING_KINDS, Component
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
