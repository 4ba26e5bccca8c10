"""Labels of params, values and metrics in figures and tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.records import CONSTANTS, ENERGY, UNITS
from analysis.text.typeset import as_text

_NAMES: Mapping[str, Mapping[str, str]] = {
    "dataset": {
        "mnist": "MNIST",
        "fashion_mnist": "Fashion-MNIST",
        "digits": "digits",
        "kmnist": "KMNIST",
        "emnist_letters": "EMNIST letters",
        "emnist_balanced": "EMNIST balanced",
        "emnist_digits": "EMNIST digits",
        "emnist_byclass": "EMNIST by class",
        "emnist_bymerge": "EMNIST by merge",
        "emnist_mnist": "EMNIST MNIST",
        "qmnist": "QMNIST",
        "usps": "USPS",
        "svhn": "SVHN",
        "svhn_grey": "SVHN grey",
        "cifar10": "CIFAR-10",
        "cifar10_grey": "CIFAR-10 grey",
        "spoken_digits": "spoken digits",
        "shd": "SHD",
        "ssc": "SSC",
        "yin_yang": "Yin-Yang",
        "randman": "Randman",
    },
    "preset": {"default": "default preset", "published": "published preset"},
    "dynamics": {
        "alif": "ALIF",
        "lif": "LIF",
        "izhikevich": "Izhikevich",
        "adlif": "adLIF",
        "se_adlif": "SE-adLIF",
        "brf": "BRF",
        "mlp": "MLP",
    },
    "recurrent": {"true": "rec", "false": "ff"},
    "loss": {
        "cross_entropy": "cross-entropy",
        "cross_entropy_every_step": "cross-entropy every step",
        "mean_squared_error": "squared error",
        "multi_class_margin": "margin loss",
    },
    "learn_beta": {"true": "learned β", "false": "fixed β"},
}
OUR_DATA = frozenset({*_NAMES["dataset"], *_NAMES["dataset"].values()})
"""Names and labels of our data sets, which data of a user's are never shown by."""

CHANGE, NO_CHANGE = "change", "none"
"""The param that says what a run of an ablation changes, and its value at the baseline."""

ACTS_ON = "acts_on"
"""The param that says which effect a change acts on."""

_SPEAK_FOR_THEMSELVES = ("encoding", "network", CHANGE, ACTS_ON)
_CLASSES: Mapping[str, tuple[str, ...]] = {
    "fashion_mnist": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
}
_COUNTED: Mapping[str, str] = {"hidden": "neurons", "epochs": "epochs", "n_steps": "steps"}
_METRICS: Mapping[str, str] = {
    "val_accuracy": "Validation accuracy",
    "val_loss": "Validation loss",
    "train_accuracy": "Training accuracy",
    "train_loss": "Training loss",
    "spikes_per_inference": "Spikes per inference",
    "synops_per_inference": "Synaptic operations per inference",
    "macs_per_inference": "Multiply-accumulates per inference",
    "acs_per_inference": "Accumulates per inference",
    ENERGY: f"Energy per inference ({UNITS[ENERGY]})",
    "beta_mean": "Mean β",
    "epoch_seconds": "Seconds per epoch",
    "samples_per_second": "Images per second",
}


_MOST_IN_LABEL, _MOST_TO_TELL = 4, 6  # params of a configuration: in general, to tell two apart

FAMILY = ("network", "dynamics", "recurrent")
"""What a reader calls the kind of a network: ALIF rec. Runs with a network of ours have no param
`network`, those with one of a user's no other."""


def value_label(param: str, value: Any) -> str:
    """A value that can stand alone: `ALIF`, `rec`, `30 epochs`, `lr=0.01`."""
    text = as_text(value)
    if param in _SPEAK_FOR_THEMSELVES:
        return text
    if param in _COUNTED:
        unit = _COUNTED[param]
        return f"{text} {unit.removesuffix('s') if text == '1' else unit}"
    if param in _NAMES:  # the name that a component of a user's has is its label
        return _name(param, text)
    return f"{param}={text}"


def _name(param: str, text: str) -> str:
    return _NAMES.get(param, {}).get(text, text)


def value_labels(values: Mapping[Any, Any], params: Sequence[str]) -> list[str]:
    """The labels of those params that have a value here; an absent one has no effect."""
    return [value_label(name, values[name]) for name in params if not pd.isna(values[name])]


def family(row: Mapping[Any, Any]) -> str:
    """`ALIF rec`, `LIF ff`, `MLP`: the kind of a network."""
    return " ".join(value_labels(row, [name for name in FAMILY if name in row])) or as_text(None)


def configuration(row: Mapping[Any, Any], params: Sequence[str]) -> str:
    """What tells a configuration from the others: `ALIF / rec / 64 neurons`."""
    return " / ".join(value_labels(row, params)) or as_text(None)


def configurations(rows: pd.DataFrame, params: Sequence[str]) -> list[str]:
    """Names of configurations by four of these params, or by up to six if that tells more apart.

    Where none of the params differs, the names say what the networks are.

    Args:
        rows: The configurations.
        params: Those that may differ.
    """
    first = asked_for(params) or [name for name in (*FAMILY, "encoding", "hidden") if name in rows]
    shown = first[:_MOST_IN_LABEL]
    for name in first[_MOST_IN_LABEL:]:
        more = [*shown, name]
        if len(shown) < _MOST_TO_TELL and _different(rows[more]) > _different(rows[shown]):
            shown = more
    records: list[dict[Any, Any]] = rows.to_dict("records")
    return [configuration(row, shown) for row in records]


def _different(rows: pd.DataFrame) -> int:
    return len(rows.map(as_text).drop_duplicates())


def asked_for(params: Sequence[str]) -> list[str]:
    """The params that a reader looks for first, where there are too many for a label."""
    first = [name for name in params if name in CONSTANTS]
    return first if first and len(params) > _MOST_IN_LABEL else list(params)


def constants(groups: pd.DataFrame, but: Sequence[str] = ()) -> list[str]:
    """What is the same for all configurations, in words, of what a reader asks for."""
    there = [name for name in CONSTANTS if name in groups and groups[name].notna().all()]
    same = [name for name in there if groups[name].nunique() == 1]
    return [value_label(name, groups[name].iloc[0]) for name in same if name not in but]


def pooled(runs: pd.DataFrame, apart: Sequence[str] = ()) -> str:
    """Over what runs are put together: `MNIST and Fashion-MNIST, 15 and 30 epochs`; or nothing.

    Args:
        runs: These.
        apart: Params whose values are looked at each for itself.
    """
    told = []
    for param, unit in (("dataset", ""), ("epochs", " epochs")):
        if param in runs and param not in apart and runs[param].nunique() > 1:
            *first, last = [_name(param, value) for value in in_order(runs[param].dropna())]
            told.append(f"{', '.join(first)} and {last}{unit}")
    return ", ".join(told)


def class_names(dataset: str, count: int) -> tuple[str, ...]:
    """The names of the classes of a data set: articles for Fashion-MNIST, digits else."""
    return _CLASSES.get(dataset, tuple(str(number) for number in range(count)))


def legend_label(param: str, value: Any) -> str:
    """A value in a legend, below the title of its param."""
    text = as_text(value)
    return _name(param, text)


def legend_title(param: str) -> str | None:
    """What a legend calls the param; none where the values say it themselves."""
    if param in _NAMES or param in _SPEAK_FOR_THEMSELVES:
        return None
    return _COUNTED.get(param, param.replace("_", " "))


def metric_label(metric: str) -> str:
    """`Test accuracy` for `test_accuracy`; the same of an epoch and of the best epoch."""
    plain = metric.removeprefix("best_")
    return _METRICS.get(plain, metric.replace("_", " ").capitalize())


def sort_key(value: Any) -> tuple[bool, int, list[float], str]:
    """Sorts as a reader expects: 64 before 128, one layer before two, absent values last."""
    text = as_text(value)
    numbers = [float(number) for number in re.findall(r"\d+\.?\d*(?:e[+-]?\d+)?", text)]
    return (bool(pd.isna(value)), len(numbers), numbers, text)


def in_order(values: pd.Series[Any]) -> list[str]:
    """The different values as text, in the order that a reader expects."""
    return sorted({as_text(value) for value in values.unique()}, key=sort_key)
