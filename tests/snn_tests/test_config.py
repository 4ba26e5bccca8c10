"""A configuration: validated, frozen, and known by the hash of what counts."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis import records
from snn.config import PUBLISHED_DEFECTS, ExecutionConfig, TrialConfig, conditional_defaults
from snn.config.sections import SEEDS_APART
from snn.errors import ConfigError
from snn.registry import OURS


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"hiden": 3}, "hiden: unknown key; did you mean hidden?"),
        ({"zzz": 3}, "zzz: unknown key; keys: spikesweep schema; one of your own needs its file"),
        ({"lr": -1}, "lr: must be above 0, got -1"),
        ({"lr": float("nan")}, "lr: input should be a finite number"),
        ({"hidden": 0}, "hidden: needs a whole number of neurons"),
        ({"hidden": []}, "hidden: needs a whole number of neurons"),
        ({"hidden": True}, "hidden: needs a whole number of neurons"),
        ({"dynamics": "spiky"}, "dynamics: input should be 'alif', 'lif'"),
        ({"n_steps": 1}, "n_steps: must be at least 2"),
        ({"dataset": "photos"}, "images of your own need their path, such as ./photos"),
        ({"dataset": "mnits"}, "dataset: 'mnits' is unknown; did you mean mnist? images of your"),
        ({"dataset": "cifar"}, "did you mean cifar10?"),
        ({"dataset": "s3://bucket/a.npz"}, "dataset: is an address; fetch it first"),
        ({"dataset": True}, "dataset: must not be true or false"),
    ],
)
def test_a_mistake_is_one_line_with_key_value_and_rule(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TrialConfig.parse(values)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_mistakes_are_a_line_each() -> None:
    with pytest.raises(ConfigError) as caught:
        TrialConfig.parse({"lr": -1, "epochs": 0, "hiden": 3, "lif": 2})
    assert str(caught.value).splitlines() == list(caught.value.mistakes)
    assert [line.split(":")[0] for line in caught.value.mistakes] == [
        "epochs",
        "lr",
        "hiden",
        "lif",
    ]


def test_it_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        TrialConfig().lr = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"dataset": "mnist", "lr": 0.001, "hidden": [128]}),
        ({"dt": 1}, {"dt": 1.0}),
        ({"early_stopping": False}, {"early_stopping": "off"}),
        ({"dynamics": "lif", "beta": 1.0}, {"dynamics": "lif", "learn_beta": True}),
        ({"encoding": "constant", "encoder_tau": 3.0}, {"encoding": "constant"}),
        ({"dynamics": "mlp", "n_steps": 7, "recurrent": True}, {"dynamics": "mlp", "dt": 2.0}),
        ({"dynamics": "izhikevich", "tau_mem": 5.0}, {"dynamics": "izhikevich"}),
        ({"dynamics": "alif", "beta_per_neuron": True}, {"dynamics": "alif"}),
        ({"loss": "cross_entropy", "loss_margin": 2.0}, {}),
        ({"loss": "mean_squared_error", "label_smoothing": 0.1}, {"loss": "mean_squared_error"}),
    ],
)
def test_equal_runs_have_equal_ids(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert TrialConfig(**one).config_id == TrialConfig(**other).config_id


@given(
    key=st.sampled_from(["lr", "tau_mem", "beta", "weight_decay", "encoder_threshold"]),
    value=st.floats(0.01, 0.9),
)
def test_whatever_counts_changes_the_id(key: str, value: float) -> None:
    assume(value != getattr(TrialConfig(), key))
    assert TrialConfig(**{key: value}).config_id != TrialConfig().config_id


def test_a_technique_that_is_not_used_does_not_change_what_a_run_is() -> None:
    plain = TrialConfig.parse({})
    unused = {
        "loss": "cross_entropy",
        "lr_schedule": "constant",
        "dropout": 0.0,
        "weight_average": 0.0,
        "augment_shift": 0,
    }
    assert TrialConfig.parse(unused).config_id == plain.config_id == "0196545ff58f"
    assert TrialConfig.parse({"dropout": 0.1}).config_id != plain.config_id
    assert TrialConfig.parse({"lr_schedule": "cosine"}).group_id != plain.group_id


def test_the_group_is_the_same_for_all_seeds() -> None:
    one, other = TrialConfig(seed=0), TrialConfig(seed=1)
    assert one.group_id == other.group_id
    assert one.config_id != other.config_id
    assert one.group_id != TrialConfig(lr=0.1).group_id


def test_a_configuration_comes_back_from_its_canonical_values() -> None:
    for config in (TrialConfig(hidden=[8, 4]), TrialConfig(preset="published", dynamics="lif")):
        assert TrialConfig.parse(config.params()).config_id == config.config_id


@pytest.mark.parametrize("path", ["a.npz", "x_train.npy", "photos/", "./a b", "~/ä/@24x32,grey"])
def test_a_path_in_place_of_a_name_is_kept_as_it_is(path: str) -> None:
    import jsonschema

    config = TrialConfig.parse({"dataset": path})
    assert config.params()["dataset"] == path == config.component("dataset").name
    assert TrialConfig.parse(config.to_wire()) == config
    assert config.config_id != TrialConfig().config_id
    jsonschema.validate({"dataset": path}, TrialConfig.model_json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"dataset": "photos"}, TrialConfig.model_json_schema())


def values_of(key: str) -> st.SearchStrategy[Any]:
    """Some values that a key may have, its default among them."""
    field = TrialConfig.model_fields[key]
    if key == "hidden":
        return st.one_of(st.integers(1, 9), st.lists(st.integers(1, 9), min_size=1, max_size=3))
    if key == "crossing_levels":
        return st.integers(0, 255)
    if key in SEEDS_APART:
        return st.one_of(st.none(), st.integers(0, 10_000))
    if field.annotation is bool:
        return st.booleans()
    if isinstance(field.default, str):
        return st.sampled_from(get_args(field.annotation))
    if isinstance(field.default, int):
        return st.integers(2, 10_000)
    positive = st.floats(1e-6, 0.999)
    return st.one_of(st.none(), positive) if key == "tau_syn" else positive


CONFIGURATIONS = st.fixed_dictionaries(
    {}, optional={key: values_of(key) for key in TrialConfig.model_fields}
).map(TrialConfig.parse)


@given(CONFIGURATIONS)
def test_a_configuration_comes_back_whole_from_another_process(config: TrialConfig) -> None:
    sent = json.loads(json.dumps(config.to_wire()))
    assert TrialConfig.parse(sent) == config
    assert sent.keys() == TrialConfig.model_fields.keys()


@given(CONFIGURATIONS)
def test_a_configuration_on_its_wire_is_not_validated_again_in_the_process_that_made_it(
    config: TrialConfig,
) -> None:
    wire = config.wire
    assert TrialConfig.parse(copy.deepcopy(wire)) is config
    arrived = pickle.loads(pickle.dumps(wire))
    assert arrived.origin is None and arrived == wire == config.to_wire()
    assert TrialConfig.parse(arrived) == config


@pytest.mark.parametrize(
    ("dynamics", "constants"),
    [
        ("lif", {"tau_mem": 10.0, "threshold": 1.0, "surrogate_slope": 1.0}),
        ("alif", {"tau_mem": 20.0, "threshold": 0.03, "surrogate_slope": 0.3, "beta": 1.6}),
        ("izhikevich", {"surrogate_slope": 1.0}),
    ],
)
def test_the_published_preset_has_the_published_constants(
    dynamics: str, constants: dict[str, float]
) -> None:
    config = TrialConfig(preset="published", dynamics=dynamics)
    common = {"encoder_tau": 0.02, "tau_out": 10.0, "tau_adapt": 200.0}
    values = config.model_dump()
    assert {key: values[key] for key in common | constants} == common | constants


def test_what_is_given_wins_over_what_the_preset_says() -> None:
    assert TrialConfig(preset="published", threshold=0.5).threshold == 0.5


def test_the_published_preset_is_a_name_for_its_constants_and_defects() -> None:
    named = TrialConfig(preset="published", learn_beta=True, encoding="periodic")
    told = named.to_wire() | {"preset": "default"}
    assert {key: told[key] for key in PUBLISHED_DEFECTS} == PUBLISHED_DEFECTS
    spelled = TrialConfig.parse(told).model_dump()
    assert {k: v for k, v in spelled.items() if v != named.model_dump()[k]} == {"preset": "default"}


@pytest.mark.parametrize("preset", ["default", "published"])
def test_a_run_that_has_what_its_preset_means_is_the_same_when_that_is_given(preset: str) -> None:
    named = TrialConfig(preset=preset, encoding="periodic")
    neutral = {key: getattr(named, key) for key in PUBLISHED_DEFECTS}
    assert TrialConfig.parse({**named.to_wire(), **neutral}).config_id == named.config_id
    assert not {*named.identity()} & {*PUBLISHED_DEFECTS}
    other = TrialConfig(preset="published" if preset == "default" else "default")
    for key in PUBLISHED_DEFECTS:
        changed = TrialConfig.parse({**named.to_wire(), key: getattr(other, key)})
        assert changed.config_id != named.config_id and key in changed.identity()


def test_a_configuration_is_checked_without_torch() -> None:
    code = "import sys, snn.config; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False"


OTHER_VALUES: dict[str, Any] = {
    "loss": "mean_squared_error",
    "lr_schedule": "cosine",
    "label_smoothing": 0.1,
    "dropout": 0.1,
    "weight_average": 0.9,
    "dataset": "digits",
    "preset": "published",
    "dynamics": "lif",
    "encoding": "periodic",
    "hidden": [128, 128],
    "surrogate": "atan",
    "readout": "last",
    "tau_syn": 5.0,
    "seed_weights": 0,
    "seed_order": 0,
    "seed_split": 0,
    "val_fraction": 0.2,
    "encoder_threshold": 0.3,
    "initial_weights": "published",
    "beta_form": "raw",
    "choose_by": "val_loss",
}


def test_the_code_that_computes_a_run_is_no_part_of_it() -> None:
    assert TrialConfig(backend="reference").config_id == TrialConfig().config_id
    assert set(ExecutionConfig.model_fields) == {"backend"}


OF_OTHERS = {  # keys of components that it does not use
    "network",
    *(key.name for key in OURS.keys),
    *(OURS.shared("encoding") - {*OURS.get("encoding", "latency").uses}),
}


@pytest.mark.parametrize(
    "key", sorted(TrialConfig.model_fields.keys() - {*ExecutionConfig.model_fields, *OF_OTHERS})
)
def test_every_key_of_an_alif_that_learns_with_latency_code_counts(key: str) -> None:
    default = TrialConfig(learn_beta=True)
    values = {name: value + 1 for name, value in default if isinstance(value, int | float)}
    values |= {name: not value for name, value in default if isinstance(value, bool)} | OTHER_VALUES
    changed = {"learn_beta": True} | {key: values[key]}
    assert TrialConfig.parse(changed).config_id != default.config_id


def test_the_records_name_the_defaults_that_depend_on_other_keys() -> None:
    defaults = conditional_defaults(OURS)
    conditions = {key for condition, _ in defaults for key in condition}
    dependent = {key for _, values in defaults for key in values}
    assert conditions == set(records.CONDITIONS)
    assert dependent == set(records.CONDITIONAL)
