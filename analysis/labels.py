"""The words of the figures: how a reader knows the values of the params."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.typeset import as_text

_NAMES: Mapping[str, Mapping[str, str]] = {
    "dataset": {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "digits": "digits"},
    "preset": {"default": "default preset", "published": "published preset"},
    "dynamics": {"alif": "ALIF", "lif": "LIF", "izhikevich": "Izhikevich", "mlp": "MLP"},
    "recurrent": {"true": "rec", "false": "ff"},
    "learn_beta": {"true": "learned β", "false": "fixed β"},
}
_SPEAK_FOR_THEMSELVES = ("encoding",)
_COUNTED: Mapping[str, str] = {"hidden": "neurons", "epochs": "epochs"}


def value_label(param: str, value: Any) -> str:
    """A value that says what it is of: `ALIF`, `rec`, `30 epochs`, `lr=0.01`."""
    text = as_text(value)
    if param in _SPEAK_FOR_THEMSELVES:
        return text
    if param in _COUNTED:
        return f"{text} {_COUNTED[param]}"
    return _NAMES.get(param, {}).get(text, f"{param}={text}")


def value_labels(values: Mapping[str, Any], params: Sequence[str]) -> list[str]:
    """The labels of those params that have a value here; an absent one has no effect."""
    return [value_label(name, values[name]) for name in params if not pd.isna(values[name])]


def legend_title(param: str) -> str:
    """What a legend calls the param."""
    return _COUNTED.get(param, param.replace("_", " "))


def metric_label(metric: str) -> str:
    """`Test accuracy` for `test_accuracy`."""
    return metric.replace("_", " ").capitalize()


def sort_key(value: Any) -> tuple[bool, int, list[float], str]:
    """Sorts as a reader expects: 64 before 128, one layer before two, absent values last."""
    text = as_text(value)
    numbers = [float(number) for number in re.findall(r"\d+\.?\d*(?:e[+-]?\d+)?", text)]
    return (bool(pd.isna(value)), len(numbers), numbers, text)
