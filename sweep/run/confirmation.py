"""The confirmation of a sweep: its leaders trained again, with seeds that the search has not used.

A search takes the best of many results. That result is partly luck: trained again, the network is
worse on average. Fresh seeds have no part in the choice, so their mean is the figure to report. A
seed decides the initial weights, the order of the images and the split into training and
validation, so the spread over seeds includes all three.

A confirmation is a sweep of its own, `NAME-confirm`, with points in the place of a search: its runs
never mix with those of the search, and it is logged, resumed and tabled like any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis.records import KIND_SWEEP, LONGEST_TAG, Tag
from snn.config import ExecutionConfig, TrialConfig
from snn.errors import ConfigError
from sweep.errors import SpecError
from sweep.host.paths import launches, storage_root
from sweep.spec.checks.keys import check_changes
from sweep.spec.fresh_seeds import CONFIRMED
from sweep.spec.parsing import parse_sweep
from sweep.spec.plugins import plugins_in_use, read_plugins, use_plugins
from sweep.spec.sections.confirm import Confirm
from sweep.spec.specification import Specification
from sweep.spec.yaml.files import read
from sweep.tracking.store import open_store, store_exists
from sweep.trial.params import logged_config


def confirmation(
    name: str,
    run_ids: Sequence[str],
    seeds: Sequence[int],
    changed: Mapping[str, Any] = MappingProxyType({}),
) -> Specification:
    """The sweep that confirms the leaders of another, its points in their order.

    Args:
        name: Of the search; its latest launch gives the metrics and the resources.
        run_ids: One run in MLflow of every leader, the best first.
        seeds: Fresh ones.
        changed: Keys with values that differ from the search.

    Raises:
        SpecError: A run is of another version of spikesweep, the name is too long, or the leaders
            are alike when these keys are changed.
    """
    searched = launched(name)
    over = {*searched.get("search", {}), *itertools.chain(*searched.get("points", ()))}
    check_changes(changed, over, "--set ")
    leaders = [_without_seed(config_of(run_id), changed) for run_id in run_ids]
    shared = {
        key: value
        for key, value in leaders[0].items()
        if all(key in other and other[key] == value for other in leaders)
    }
    points = [{k: v for k, v in leader.items() if k not in shared} for leader in leaders]
    execution = {
        key: value
        for key, value in searched.get("base", {}).items()
        if key in ExecutionConfig.model_fields
    }
    plan: dict[str, Any] = {
        "name": f"{name}{CONFIRMED}",
        "description": described(name),
        "plugins": plugins_in_use(),
        "base": execution | shared,
        "points": points,
        "sampler": "grid",
        "scheduler": "none",
        "seeds": list(seeds),
    }
    kept = ("metric", "resources", "max_failures")  # the metrics are columns of its tables, too
    plan |= {key: searched[key] for key in kept if key in searched}
    again = parse_sweep(plan, plan["name"])
    if len(set(again.groups())) < len(leaders):
        raise SpecError(f"leaders of {name} are the same network with {', '.join(changed)} changed")
    return again


def described(name: str) -> str:
    """The description of the confirmation of a sweep."""
    return f"the leaders of {name} with fresh seeds"


def searched_for(name: str) -> dict[str, str]:
    """The metrics of a search with `max` or `min` if it had several, as a Pareto sweep has."""
    metric = launched(name).get("metric")
    return dict(metric) if isinstance(metric, Mapping) else {}


def searched_each(name: str) -> tuple[str, ...]:
    """The keys of `each`: every combination of their values has leaders of its own."""
    return tuple(launched(name).get("each", ()))


def use_plugins_of(name: str, named: Sequence[str] = ()) -> None:
    """Use the plugins of the latest launch of a sweep in this folder, where there is one.

    Args:
        name: Of the sweep.
        named: Paths of files that the user names; then these.

    Raises:
        SpecError: One cannot be used.
    """
    if named:
        use_plugins(read_plugins((), Path(), named))
        return
    found = [paths for paths in launches(storage_root(), name) if paths.spec.exists()]
    launched = read(found[-1].spec.read_text(encoding="utf-8"), name) if found else None
    plugins = launched.get("plugins", ()) if isinstance(launched, Mapping) else ()
    use_plugins(read_plugins(plugins, Path()))


def asked_for(name: str) -> Confirm:
    """The `confirm` section of a search; the default if it has none."""
    return Confirm.model_validate(launched(name).get("confirm") or {})


def config_of(run_id: str) -> TrialConfig:
    """The configuration of a run, from its params in MLflow.

    Raises:
        SpecError: They are not those of this version of spikesweep.
    """
    run = open_store().get_run(run_id)
    return logged_config(run.data.params, run.data.tags, run_id)


def _without_seed(config: TrialConfig, changed: Mapping[str, Any]) -> dict[str, Any]:
    values = {**config.params(), **changed}
    try:
        TrialConfig.parse(values)
    except ConfigError as error:
        raise SpecError(f"--set {error}") from None
    return {key: value for key, value in values.items() if key != "seed"}


def launched(name: str) -> Mapping[str, Any]:
    """The specification of the latest launch, wherever it was; empty if too long to be logged."""
    if not store_exists():
        return {}
    client = open_store()
    launched = client.search_runs(
        [experiment.experiment_id for experiment in client.search_experiments()],
        f"tags.`{Tag.KIND}` = '{KIND_SWEEP}' AND tags.`{Tag.SWEEP}` = '{name}'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
    )
    text = launched[0].data.tags.get(Tag.SPEC, "") if launched else ""
    spec = read(text, f"the specification of {name}") if len(text) < LONGEST_TAG else {}
    return spec if isinstance(spec, Mapping) else {}
