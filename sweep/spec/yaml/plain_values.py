"""Values of a Python program as YAML would have them: what is checked, kept and read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from sweep.errors import SpecError
from sweep.spec.yaml.files import read, write


def as_yaml_has_them(values: Mapping[str, Any], where: str) -> Any:
    """The values after a way through YAML, so that they mean what the same file means.

    Tuples and ranges are lists, numbers of NumPy and pandas are Python's.

    Raises:
        SpecError: A value cannot stand in a YAML file.
    """
    try:
        text = write({key: _plain(value) for key, value in values.items()})
    except yaml.representer.RepresenterError as error:
        what = type(error.args[-1]).__name__
        raise SpecError(f"{where}: has a value of type {what}, which no YAML can have") from None
    except RecursionError:
        raise SpecError(f"{where}: has a value that is part of itself") from None
    return read(text, where)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # NumPy's, pandas' and torch's
        value = value.tolist()
    if isinstance(value, Mapping):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(inner) for inner in value]
    return value
