"""A configuration as MLflow stores it: texts by key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.records import Tag
from snn.config import TrialConfig
from snn.declarations.files import PluginFile
from snn.errors import ConfigError
from snn.plugins.loading import registry_of
from sweep.errors import SpecError

_FILE = re.compile(r"(.+?) ([0-9a-f]{64})(?:, |$)")  # as `provenance_tags` writes it


def differences(stored: Mapping[str, Any], config: TrialConfig) -> str:
    """The keys in which stored values differ from a configuration, in words; empty if none do.

    A key that is not stored has its default: it was added after the values were stored.

    Args:
        stored: Values by key.
        config: The one that is asked for. A seed that is not stored is not compared.
    """
    wanted = config.params()
    try:
        found = TrialConfig.parse({"seed": config.seed, **stored}, config.registry)
    except ConfigError as error:
        return str(error)
    if found.config_id == config.config_id:
        return ""
    has = found.params()
    keys = sorted(key for key in has.keys() | wanted.keys() if has.get(key) != wanted.get(key))
    return ", ".join(f"{key} is {has.get(key)}, not {wanted.get(key)}" for key in keys)


def param_values(params: Mapping[str, str]) -> dict[str, Any]:
    """Params with their types, from the texts that MLflow stores."""
    return {key: _value(text) for key, text in params.items()}


def logged_config(
    params: Mapping[str, str],
    tags: Mapping[str, str],
    run_id: str,
    files: Iterable[PluginFile] = (),
) -> TrialConfig:
    """The configuration of a run that was logged.

    Args:
        params: Of the run.
        tags: Of the run; they have the digests of the users' files that it needs.
        run_id: Of the run, for errors.
        files: Users' files, of which those are run that it needs, beside those that are in use.

    Raises:
        SpecError: It was logged by another version of spikesweep, or needs a file that is not
            there.
    """
    try:
        components = registry_of(plugins_of(tags), files)
        config = TrialConfig.parse(param_values(params), components)
    except ConfigError as error:
        raise SpecError(f"MLflow run {run_id}: {error}") from None
    if config.config_id != tags.get(Tag.CONFIG_ID):
        raise SpecError(f"MLflow run {run_id}: its params are of another version of spikesweep")
    return config


def plugins_of(tags: Mapping[str, str]) -> dict[str, str]:
    """The names of the users' files that a run needs, by digest."""
    told = _FILE.findall(tags.get(Tag.PLUGINS, ""))
    return {digest: name for name, digest in told}


def _value(text: str) -> Any:
    """A name, or one of Python's literals."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
