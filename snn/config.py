"""One training run as a frozen, validated, flat configuration.

Each group of keys stands in a class of its own, named after its owner (`data`, `encoding`,
`neurons`, `network`, `training`); `TrialConfig` is all of them at once, so it can be handed to any
owner as it is. Nothing here imports torch: a specification is checked in milliseconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    field_validator,
    model_validator,
)

from snn.errors import ConfigError
from snn.plugin_files import PluginError
from snn.registry import KINDS, OURS, SPIKING_KINDS, Component, Registry, current

PresetName = Literal["default", "published"]
BackendName = Literal["auto", "reference", "cpu", "cuda"]
if TYPE_CHECKING:
    DatasetName: TypeAlias = str
    DynamicsName: TypeAlias = str
    EncodingName: TypeAlias = str
    SurrogateName: TypeAlias = str
    ReadoutName: TypeAlias = str
    ScheduleName: TypeAlias = str
    NetworkName: TypeAlias = str
else:
    DatasetName = Literal[OURS.names("dataset")]
    DynamicsName = Literal[OURS.names("neuron")]
    EncodingName = Literal[OURS.names("encoding")]
    SurrogateName = Literal[OURS.names("surrogate")]
    ReadoutName = Literal[OURS.names("readout")]
    ScheduleName = Literal[OURS.names("schedule")]
    NetworkName = Literal[OURS.names("network")]

DYNAMICS = OURS.names("neuron")
SPIKING = tuple(each.name for each in OURS.of("neuron") if each.spiking)


def _hidden_sizes(value: Any) -> Any:
    sizes = value if isinstance(value, list | tuple) else [value]
    if not sizes or any(type(size) is not int or size < 1 for size in sizes):
        raise ValueError("needs a whole number of neurons from 1 on, or a list of them")
    return tuple(sizes)


_LONGEST_VALUE = 80  # characters of a value in an error
_SIZE = {"type": "integer", "minimum": 1}
_HIDDEN_SCHEMA = {"anyOf": [_SIZE, {"type": "array", "items": _SIZE, "minItems": 1}]}


LAYERS = "layers"
"""The value of `network` that is no network of a user's."""


def _layers_by_default(value: Any) -> Any:
    return LAYERS if value is None else no_flag(value)


def no_flag(value: Any) -> Any:
    """Refuse true and false where numbers and names are wanted: they would be taken for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("must not be true or false")
    return value


def _patience(value: Any) -> Any:
    return 0 if value is False or value is None or value == "off" else no_flag(value)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_flags(cls, value: Any, info: ValidationInfo) -> Any:
        field = cls.model_fields[str(info.field_name)]
        reads_itself = any(isinstance(item, BeforeValidator) for item in field.metadata)
        return value if field.annotation is bool or reads_itself else no_flag(value)


class DataConfig(_Section):
    """Which images, and how they are split."""

    dataset: DatasetName = Field("mnist", description="images to classify")
    val_fraction: float = Field(
        0.15, gt=0, lt=1, description="share of the training images kept for validation"
    )


class EncodingConfig(_Section):
    """How a pixel becomes spikes."""

    encoding: EncodingName = Field("latency", description="spike code of the pixels")
    n_steps: int = Field(100, ge=2, le=10_000, description="time steps per image")
    dt: float = Field(1.0, gt=0, description="length of a time step in ms")
    encoder_tau: float = Field(
        20.0,
        gt=0,
        description="latency, periodic: time constant in steps; "
        "poisson: mean interval in steps between the spikes of a white pixel",
    )
    encoder_threshold: float = Field(
        0.2, gt=0, lt=1, description="latency, periodic: darker pixels never fire"
    )


class NeuronConfig(_Section):
    """The dynamics of the hidden neurons; times in ms, potentials in units of their own."""

    preset: PresetName = Field(
        "default", description="the model as it was meant, or as it was published, defects included"
    )
    dynamics: DynamicsName = Field("alif", description="neuron model; mlp is the baseline")
    learn_beta: bool = Field(False, description="train the strength of the adaptation (alif)")
    beta_per_neuron: bool = Field(
        False, description="a learned beta is one of each neuron, not of the layer (alif)"
    )
    tau_mem: float = Field(20.0, gt=0, description="membrane time constant in ms (lif, alif)")
    learn_tau_mem: bool = Field(
        False, description="train the membrane time constant of each neuron (lif, alif)"
    )
    tau_syn: float | None = Field(
        None, gt=0, description="synaptic time constant in ms; none: currents act at once"
    )
    tau_adapt: float = Field(200.0, gt=0, description="threshold adaptation in ms (alif)")
    beta: float = Field(0.1, ge=0, description="rise of the threshold per spike (alif)")
    threshold: float = Field(1.0, gt=0, description="firing threshold (lif, alif)")
    surrogate: SurrogateName = Field("fast_sigmoid", description="derivative used for a spike")
    surrogate_slope: float = Field(5.0, gt=0, description="steepness of the surrogate")


class NetworkConfig(_Section):
    """Sizes and connections."""

    network: Annotated[
        NetworkName, BeforeValidator(_layers_by_default), WithJsonSchema({"type": "string"})
    ] = Field(
        LAYERS,
        description="layers, as the other keys describe them, or a network of your own: "
        "file.py:function",
    )
    hidden: Annotated[
        tuple[int, ...], BeforeValidator(_hidden_sizes), WithJsonSchema(_HIDDEN_SCHEMA)
    ] = Field(
        (128,), description="neurons per hidden layer: one number, or a list with one per layer"
    )
    recurrent: bool = Field(False, description="recurrent connections within each hidden layer")
    tau_out: float = Field(20.0, gt=0, description="time constant of the readout in ms")
    readout: ReadoutName = Field("max", description="readout over time that gives the logits")


class TrainingConfig(_Section):
    """Optimisation with Adam."""

    epochs: int = Field(15, ge=1, le=10_000, description="passes over the training images")
    batch_size: int = Field(256, ge=1, description="images per step")
    lr: float = Field(1e-3, gt=0, description="learning rate of Adam")
    weight_decay: float = Field(1e-5, ge=0, description="L2 penalty of Adam")
    lr_schedule: ScheduleName = Field(
        "constant", description="course of the learning rate over the whole training"
    )
    clip_norm: float = Field(
        0.0, ge=0, description="longest gradient of all weights together; 0: not clipped"
    )
    weight_average: float = Field(
        0.0, ge=0, lt=1, description="decay per step of the averaged weights that are used; 0: none"
    )
    early_stopping: Annotated[int, BeforeValidator(_patience)] = Field(
        0, ge=0, description="stop after so many epochs without a better one; 0 or off: never"
    )
    seed: int = Field(0, ge=0, lt=2**31, description="of split, weights, order and poisson spikes")


class RegularisationConfig(_Section):
    """What keeps a network from learning its training images by heart, or from firing too much."""

    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="share of the label spread over all classes"
    )
    dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of hidden neurons that are silenced for a training batch",
    )
    spike_penalty: float = Field(
        0.0, ge=0, description="weight in the loss of the spikes per hidden neuron and image"
    )
    augment_shift: float = Field(
        0.0, ge=0, description="training images are shifted by up to so many pixels"
    )
    augment_rotation: float = Field(
        0.0, ge=0, le=180, description="training images are turned by up to so many degrees"
    )
    augment_mirror: bool = Field(
        False, description="every second training image is mirrored, left to right"
    )


# Techniques that were added later. A run that does not use them has the `config_id` that it had
# before they were added.
_OPTIONAL = frozenset(RegularisationConfig.model_fields) | {
    "lr_schedule",
    "clip_norm",
    "weight_average",
    "beta_per_neuron",
    "learn_tau_mem",
    "network",
}

_PUBLISHED_DEFAULTS: dict[str, Any] = {
    "encoder_tau": 0.02,
    "tau_mem": 20.0,
    "tau_out": 10.0,
    "beta": 1.6,
    "threshold": 0.03,
    "surrogate_slope": 0.3,
}


@cache
def conditional_defaults(
    registry: Registry,
) -> tuple[tuple[dict[str, str], Mapping[str, Any]], ...]:
    """What a key is when it is not given, under conditions on other keys; the most special last."""
    with_component = [({KINDS[each.kind]: each.name}, each) for each in registry.components]
    published = {"preset": "published"}
    return (
        *((condition, each.defaults) for condition, each in with_component if each.defaults),
        (published, _PUBLISHED_DEFAULTS),
        *(
            (published | condition, each.published)
            for condition, each in with_component
            if each.published
        ),
    )


_SPIKING_ONLY = (
    frozenset(EncodingConfig.model_fields)
    | frozenset(NeuronConfig.model_fields) - {"dynamics"}
    | {"recurrent", "tau_out", "readout", "spike_penalty"}
)
_LAYERS_ONLY = (
    frozenset(EncodingConfig.model_fields)
    | frozenset(NeuronConfig.model_fields)
    | frozenset(NetworkConfig.model_fields) - {"network"}
    | {"dropout", "spike_penalty"}
)
"""Keys of our own networks: another network uses those that it names."""


class ExecutionConfig(_Section):
    """How the numbers are computed: no part of what a run is, its results are the same."""

    backend: BackendName = Field(
        "auto",
        description="code of the time loops: cpu and cuda are compiled, reference is plain torch, "
        "auto is the fastest that can; the results are the same",
    )


if TYPE_CHECKING:
    _ComponentKeys = _Section
else:
    _ComponentKeys = create_model(
        "_ComponentKeys",
        __base__=_Section,
        **{key.name: (key.annotation, key.default) for key in OURS.keys},
    )


class TrialConfig(
    DataConfig,
    EncodingConfig,
    NeuronConfig,
    NetworkConfig,
    TrainingConfig,
    RegularisationConfig,
    ExecutionConfig,
    _ComponentKeys,
):
    """Everything that determines the numbers of one run.

    Attributes:
        registry: The components that it can name.

    Raises (through `parse`): ConfigError, one line with the key, the value and what is allowed.
    """

    registry: ClassVar[Registry] = OURS

    @model_validator(mode="before")
    @classmethod
    def _fillconditional_defaults(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        conditions = {"preset", *KINDS.values()}
        facts = {key: given.get(key, cls.model_fields[key].default) for key in conditions}
        defaults: dict[str, Any] = {}
        for condition, values in conditional_defaults(cls.registry):
            if all(facts[key] == wanted for key, wanted in condition.items()):
                defaults |= values
        return defaults | dict(given)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> TrialConfig:
        """Validate plain values; what is wrong comes as one ConfigError of one line.

        The components and their keys are those of the registry that is used now.
        """
        kind = model()
        try:
            return kind(**values)
        except ValidationError as error:
            raise ConfigError(describe(error, kind)) from None

    def component(self, kind: str) -> Component:
        """The component of a kind that this run uses or, without spikes, would use."""
        return self.registry.get(kind, getattr(self, KINDS[kind]))

    @property
    def has_own_network(self) -> bool:
        """Whether the network is a user's."""
        return self.network != LAYERS

    @property
    def spiking(self) -> bool:
        """Whether the network is one of layers of spiking neurons."""
        return not self.has_own_network and self.component("neuron").spiking

    def uses(self, key: str) -> bool:
        """Whether a key has an effect in this run."""
        return key not in self._unused()

    def uses_kind(self, kind: str) -> bool:
        """Whether the component of a kind is used in this run."""
        return any(each.kind == kind for each in self.components)

    @property
    def components(self) -> list[Component]:
        """The components that this run uses."""
        unused = set() if self.spiking else set(SPIKING_KINDS) - {"neuron"}
        if self.has_own_network:
            unused = set(SPIKING_KINDS) - {
                kind for kind in SPIKING_KINDS if KINDS[kind] in self.component("network").uses
            }
        return [self.component(kind) for kind in KINDS if kind not in unused]

    def identity(self) -> dict[str, Any]:
        """What determines the numbers: techniques that are not used are left out.

        The digests of users' files are part of it, where a component of theirs is used.
        """
        neutral = {key: type(self).model_fields[key].default for key in _OPTIONAL}
        params = self.params().items()
        told = {k: v for k, v in params if k not in neutral or v != neutral[k]}
        return told | ({"plugins": self.plugins} if self.plugins else {})

    @property
    def plugins(self) -> list[str]:
        """The digests of the users' files that this run needs, in order."""
        return sorted({each.digest for each in self.components if each.digest})

    def params(self) -> dict[str, Any]:
        """The keys that this run uses, with plain values, as they are logged."""
        unused = self._unused()
        return {key: value for key, value in self.to_wire().items() if key not in unused}

    def _unused(self) -> set[str]:
        used = self.components
        unused = set(ExecutionConfig.model_fields)
        for kind in KINDS:
            unused |= self.registry.shared(kind) | self.registry.brought(kind)
        for each in used:
            unused -= {*each.uses, *each.own}
        if not self.has_own_network:
            unused |= {"network"} if self.spiking else {"network", *_SPIKING_ONLY}
        else:
            unused |= _LAYERS_ONLY - {*self.component("network").uses}
            if self.uses_kind("encoding"):  # it says which of its keys it uses
                unused |= self.registry.shared("encoding") - {*self.component("encoding").uses}
        if not self.learn_beta:
            unused |= {"beta_per_neuron"}
        return unused

    def to_wire(self) -> dict[str, Any]:
        """All keys with plain values, to hand to another process: `parse` gives an equal one."""
        values = self.model_dump()
        values["hidden"] = self.hidden[0] if len(self.hidden) == 1 else list(self.hidden)
        return dict(sorted(values.items()))

    @property
    def config_id(self) -> str:
        """12 hex digits that are equal exactly when the runs are the same, seed included."""
        return _digest(self.identity())

    @property
    def group_id(self) -> str:
        """As `config_id`, but the same for all seeds."""
        return _digest({key: v for key, v in self.identity().items() if key != "seed"})


def model() -> type[TrialConfig]:
    """The configuration with the components and keys of the registry that is used now."""
    return _model(current())


@cache
def _model(registry: Registry) -> type[TrialConfig]:
    if registry is OURS:
        return TrialConfig
    fields: dict[str, Any] = {}
    for kind, key in KINDS.items():
        ours = TrialConfig.model_fields[key]
        names: Any = Literal[registry.names(kind)]
        described = Field(description=ours.description)
        fields[key] = Annotated[(names, described, *ours.metadata)], ours.default
    for component in registry.plugins:
        _refuse_our_keys(component)
        fields |= {key.name: (key.annotation, key.default) for key in component.keys}
    extended = create_model("TrialConfig", __base__=TrialConfig, **fields)
    extended.registry = registry
    return extended


def check_keys(registry: Registry) -> None:
    """Refuse components whose keys are not those that they may bring or change.

    Raises:
        PluginError: One line.
    """
    _model(registry)


def _refuse_our_keys(component: Component) -> None:
    """Refuse a declaration whose keys are not those that it may bring or change.

    Raises:
        PluginError: One line.
    """
    where = f"{component.file}: {component.title}"
    for key in component.own:
        if hasattr(TrialConfig, key) or key in TrialConfig.model_fields:
            raise PluginError(f"{where}: key {key} exists already, in spikesweep; rename it")
    for key in (*component.uses, *component.defaults, *component.published):
        if key not in TrialConfig.model_fields:
            known = "only its own keys may be new; they stand in keys"
            raise PluginError(f"{where}: {key} is no key of spikesweep; {known}")


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def describe(error: ValidationError, model: type[BaseModel], where: str = "") -> str:
    """The first mistake of a pydantic error in one line: place, value, what is allowed."""
    import difflib

    first = error.errors(include_url=False)[0]
    place = ".".join([where, *(str(part) for part in first["loc"])]).strip(".")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        known = sorted(model.model_fields)
        close = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        return f"{place}: unknown key; {hint}{more}"
    if first["type"] == "tuple_type":
        return f"{place}: must be a list, such as [{_brief(first['input'], str)}]{more}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if not first["loc"]:
        return f"{where}: {message}{more}" if where else f"{message}{more}"
    if first["type"] == "literal_error" and first["loc"][-1] in KINDS.values():
        more = f"; {_hint(first['input'], message)}{more}"
    return f"{place}: {message}, got {_brief(first['input'], repr)}{more}"


def _hint(given: Any, message: str) -> str:
    """What somebody may have meant by a component that is unknown."""
    import difflib

    close = difflib.get_close_matches(str(given), message.split("'")[1::2], n=1)
    return f"did you mean {close[0]}?" if close else "one of your own needs its file: --plugin FILE"


def _brief(value: Any, text_of: Callable[[Any], str]) -> str:
    """A value in an error: somebody may have given a whole file."""
    text = text_of(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
