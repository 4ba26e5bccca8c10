"""The keys of a run, in sections that are named after their owner: data, encoding, neurons, ….

Imports no torch. The names of components are those of the registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Field,
    WithJsonSchema,
    WrapValidator,
    create_model,
)

from snn.config.readers import (
    HIDDEN_SCHEMA,
    LAYERS,
    PathsToo,
    Section,
    hidden_sizes,
    layers_by_default,
    name_or_path,
    read_patience,
)
from snn.registry import OURS

PresetName = Literal["default", "published"]
BackendName = Literal["auto", "reference", "cpu", "cuda"]
if TYPE_CHECKING:
    DatasetName: TypeAlias = str
    DynamicsName: TypeAlias = str
    EncodingName: TypeAlias = str
    SurrogateName: TypeAlias = str
    ReadoutName: TypeAlias = str
    LossName: TypeAlias = str
    ScheduleName: TypeAlias = str
    NetworkName: TypeAlias = str
else:
    DatasetName = Literal[OURS.names("dataset")]
    DynamicsName = Literal[OURS.names("neuron")]
    EncodingName = Literal[OURS.names("encoding")]
    SurrogateName = Literal[OURS.names("surrogate")]
    ReadoutName = Literal[OURS.names("readout")]
    LossName = Literal[OURS.names("loss")]
    ScheduleName = Literal[OURS.names("schedule")]
    NetworkName = Literal[OURS.names("network")]

DYNAMICS = OURS.names("neuron")
SPIKING = tuple(each.name for each in OURS.of("neuron") if each.spiking)


VAL_FRACTION = 0.15


class DataConfig(Section):
    """Which images, and how they are split."""

    dataset: Annotated[DatasetName, WrapValidator(name_or_path), PathsToo()] = Field(
        "mnist",
        description="images or events to classify: a name, or the path of your own (.npz, .npy, "
        ".h5 or a folder)",
    )
    val_fraction: float = Field(
        VAL_FRACTION, gt=0, lt=1, description="share of the training images kept for validation"
    )
    val_groups: bool = Field(
        False,
        description="whole groups, such as speakers, are kept for validation (data with groups)",
    )


class EncodingConfig(Section):
    """How a pixel becomes spikes."""

    encoding: EncodingName = Field("latency", description="spike code of the pixels")
    n_steps: int = Field(
        100,
        ge=2,
        le=10_000,
        description="time steps per image; of rows, pixels and permuted it follows from the images",
    )
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
    crossing_levels: int = Field(
        0,
        ge=0,
        le=255,
        description="rows, pixels, permuted: so many thresholds of the grey level, with a spike "
        "where one is crossed; 0: the grey level is the current",
    )
    answer_steps: int = Field(
        0,
        ge=0,
        le=10_000,
        description="rows, pixels, permuted: steps without input after the image",
    )
    permutation_seed: int = Field(
        0, ge=0, lt=2**31, description="permuted: of the order of the pixels, the same in all runs"
    )


class NeuronConfig(Section):
    """The dynamics of the hidden neurons; times in ms, potentials in units of their own."""

    preset: PresetName = Field(
        "default", description="the model as it was meant, or as it was published, defects included"
    )
    dynamics: DynamicsName = Field("alif", description="neuron model; mlp is the baseline")
    learn_beta: bool = Field(False, description="train the strength of the adaptation (alif)")
    beta_per_neuron: bool = Field(
        False, description="a learned beta is one of each neuron, not of the layer (alif)"
    )
    tau_mem: float = Field(
        20.0,
        gt=0,
        description="membrane time constant in ms; adlif, se_adlif, brf: each neuron has its own, "
        "from a third to five thirds of it",
    )
    learn_tau_mem: bool = Field(
        False, description="train the membrane time constant of each neuron"
    )
    tau_syn: float | None = Field(
        None, gt=0, description="synaptic time constant in ms; none: currents act at once"
    )
    tau_adapt: float = Field(
        200.0,
        gt=0,
        description="time constant of the adaptation in ms; adlif, se_adlif: as of tau_mem",
    )
    beta: float = Field(0.1, ge=0, description="rise of the threshold per spike (alif)")
    threshold: float = Field(1.0, gt=0, description="firing threshold")
    surrogate: SurrogateName = Field("fast_sigmoid", description="derivative used for a spike")
    surrogate_slope: float = Field(5.0, gt=0, description="steepness of the surrogate")


class DefectsConfig(Section):
    """What the published model does in another way than it was meant; a preset names them all."""

    initial_weights: Literal["scaled", "published"] = Field(
        "scaled",
        description="scaled: so that every layer fires, whatever its inputs; published: with "
        "standard deviation threshold, and 1 in the readout",
    )
    lr_in_proportion: bool = Field(
        True, description="learning rates of weights are in proportion to their initial size"
    )
    reset_takes_current: bool = Field(
        False, description="the reset after a spike takes the next current with it (lif, alif)"
    )
    threshold_gradient: bool = Field(
        True, description="the gradient flows through the adaptive threshold (alif)"
    )
    beta_form: Literal["softplus", "raw"] = Field(
        "softplus",
        description="what is trained of a learned beta; softplus: it stays above 0 and starts at "
        "beta; raw: the number itself, which starts near 0 (alif)",
    )
    dark_pixels_fire: bool = Field(
        False, description="pixels under the threshold fire once, at the last step (periodic)"
    )


class NetworkConfig(Section):
    """Sizes and connections."""

    network: Annotated[
        NetworkName, BeforeValidator(layers_by_default), WithJsonSchema({"type": "string"})
    ] = Field(
        LAYERS,
        description="layers, as the other keys describe them, or a network of your own: "
        "file.py:function",
    )
    hidden: Annotated[
        tuple[int, ...], BeforeValidator(hidden_sizes), WithJsonSchema(HIDDEN_SCHEMA)
    ] = Field(
        (128,), description="neurons per hidden layer: one number, or a list with one per layer"
    )
    recurrent: bool = Field(False, description="recurrent connections within each hidden layer")
    tau_out: float = Field(20.0, gt=0, description="time constant of the readout in ms")
    readout: ReadoutName = Field("max", description="readout over time that gives the logits")


class TrainingConfig(Section):
    """Optimisation with Adam."""

    epochs: int = Field(15, ge=1, le=10_000, description="passes over the training images")
    batch_size: int = Field(256, ge=1, description="images per step")
    lr: float = Field(1e-3, gt=0, description="learning rate of Adam")
    weight_decay: float = Field(1e-5, ge=0, description="L2 penalty of Adam")
    loss: LossName = Field(
        "cross_entropy", description="what the training minimises; val_loss is the cross-entropy"
    )
    lr_schedule: ScheduleName = Field(
        "constant", description="course of the learning rate over the whole training"
    )
    clip_norm: float = Field(
        0.0, ge=0, description="longest gradient of all weights together; 0: not clipped"
    )
    weight_average: float = Field(
        0.0, ge=0, lt=1, description="decay per step of the averaged weights that are used; 0: none"
    )
    choose_by: Literal["val_accuracy", "val_loss"] = Field(
        "val_accuracy",
        description="which epoch is kept: that of the highest accuracy, then the lowest loss, or "
        "that of the lowest loss",
    )
    early_stopping: Annotated[int, BeforeValidator(read_patience)] = Field(
        0, ge=0, description="stop after so many epochs without a better one; 0 or off: never"
    )
    seed: int = Field(0, ge=0, lt=2**31, description="of split, weights, order and poisson spikes")
    seed_weights: int | None = Field(
        None, ge=0, lt=2**31, description="of the initial weights alone; none: seed"
    )
    seed_order: int | None = Field(
        None,
        ge=0,
        lt=2**31,
        description="of the order of the training images, their augmentation and dropout; none: "
        "seed",
    )
    seed_split: int | None = Field(
        None, ge=0, lt=2**31, description="of the split into training and validation; none: seed"
    )
    seed_spikes: int | None = Field(
        None, ge=0, lt=2**31, description="of the spikes of a random code (poisson); none: seed"
    )

    def seed_of(self, what: Literal["weights", "order", "split", "spikes"]) -> int:
        """The seed of one kind of chance: its own, or that of all."""
        own: int | None = getattr(self, f"seed_{what}")
        return self.seed if own is None else own


class RegularisationConfig(Section):
    """What keeps a network from learning its training images by heart, or from firing too much."""

    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="share of the label spread over all classes (cross_entropy)"
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
    rate_penalty: float = Field(
        0.0,
        ge=0,
        description="weight in the loss of the mean square by which the spikes of hidden neurons "
        "are off rate_target",
    )
    rate_target: float = Field(
        1.0, ge=0, description="wanted spikes per image of each hidden neuron, with rate_penalty"
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


SEEDS_APART = ("seed_weights", "seed_order", "seed_split", "seed_spikes")
"""Seeds of one kind of chance; a run that does not set them does not have them."""

# Techniques that were added later. A run that does not use them has the `config_id` that it had
# before they were added.
OPTIONAL = frozenset(RegularisationConfig.model_fields) | {
    "loss",
    "lr_schedule",
    "clip_norm",
    "weight_average",
    "beta_per_neuron",
    "learn_tau_mem",
    "network",
    "val_groups",
    "event_align",
    "event_stretch",
    "event_unit_stretch",
    "event_rate",
    "pixel_threshold",
    *SEEDS_APART,
}


class ExecutionConfig(Section):
    """How the numbers are computed: no part of what a run is, its results are the same."""

    backend: BackendName = Field(
        "auto",
        description="code of the time loops: cpu and cuda are compiled, reference is plain torch, "
        "auto is the fastest that can; the results are the same",
    )


if TYPE_CHECKING:
    ComponentKeys = Section
else:
    ComponentKeys = create_model(
        "ComponentKeys",
        __base__=Section,
        __doc__="Keys that single components bring; without effect with others.",
        **{key.name: (key.annotation, key.default) for key in OURS.keys},
    )
