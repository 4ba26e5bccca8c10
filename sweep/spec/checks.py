"""Checks of a specification that concern several keys at once."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from analysis.records import LONGEST_NAME, RUN_FILE, SEARCHABLE
from analysis.text.plain import brief
from snn.config import LAYERS, TrialConfig, model
from snn.errors import ConfigError
from snn.registry import KINDS, SPIKING_KINDS
from sweep.errors import SpecError
from sweep.methods.samplers import SAMPLERS
from sweep.methods.samplers.base import Sampler
from sweep.spec.fresh_seeds import CONFIRMED, check_fresh
from sweep.spec.plugins import check_components
from sweep.spec.spaces.space import Parameter
from sweep.spec.yaml.repeats import first_repeat

if TYPE_CHECKING:
    from snn.data import Dataset
    from sweep.spec.specification import Specification


def check(sweep: Specification) -> None:
    """Check what concerns several keys at once.

    Raises:
        SpecError: Something does not fit; place, value and what is allowed in one line.
    """
    if sweep.name.endswith(RUN_FILE):
        raise SpecError(f"name: {sweep.name!r} reads like a file of runs; do without {RUN_FILE}")
    points = {f"points.{index}": point for index, point in enumerate(sweep.points)}
    for part, keys in {"base": sweep.base, "search": sweep.search, **points}.items():
        for key in keys:
            _check_key(f"{part}.", key)
    for key in sweep.search:
        if key in sweep.base:
            raise SpecError(f"search.{key}: stands in base, too; keep one of them")
    try:
        TrialConfig.parse(sweep.base)
    except ConfigError as error:
        raise SpecError(f"base.{error}") from None
    for parameter in sweep.space.parameters:
        _check_values(parameter, sweep.base)
    _check_points(sweep)
    _check_metric(sweep)
    _check_sampler(sweep)
    _check_confirm(sweep)
    if len(set(sweep.seeds)) < len(sweep.seeds):
        raise SpecError(f"seeds: a seed stands twice in {brief(list(sweep.seeds))}")
    _check_scheduler(sweep)
    _check_each(sweep)


def check_backends(sweep: Specification) -> None:
    """Check that the backends can compute the trials. Not part of `check`: it may import torch.

    Raises:
        SpecError: A backend cannot compute these networks on the device of a trial, or a component
            of a plugin does not do what it must.
    """
    kinds = {kind: key for kind, key in KINDS.items() if kind != "network"}
    check_components({kind: sweep.values(key) for kind, key in kinds.items()})
    if LAYERS not in sweep.values("network"):
        return  # users' networks compute themselves
    if {"auto", "reference"}.issuperset(sweep.values("backend")):
        return  # they compute everything
    from snn.training.trainer import backend_of

    device = sweep.resources.device
    keys = ["backend", *(KINDS[kind] for kind in SPIKING_KINDS)]
    for chosen in itertools.product(*(dict.fromkeys(sweep.values(key)) for key in keys)):
        asked = {**dict(zip(keys, chosen, strict=True)), "network": LAYERS}
        config = TrialConfig.parse(sweep.base | asked)
        try:
            backend_of(config, device)
        except ConfigError as error:
            no_gpu = device == "cpu" and config.backend == "cuda"
            given = " (resources.gpu is 0)" if no_gpu else ""
            raise SpecError(f"base.{error}{given}") from None


def check_networks(sweep: Specification, datasets: Mapping[str, Dataset]) -> None:
    """Try every network of a user's on a few images; not in `check`, as it imports torch.

    Raises:
        SpecError: One cannot be trained, or not be resumed; one line.
    """
    for given in sweep.given("network"):
        config = TrialConfig.parse({**sweep.base, **given})
        if not config.has_own_network:
            continue
        from snn.networks.own_checks import check_network

        dataset = datasets[config.dataset]
        try:
            check_network(config, dataset.n_pixels, dataset.n_classes, dataset.shape)
        except ConfigError as error:
            raise SpecError(str(error)) from None


def check_changes(changed: Collection[str], searched: Collection[str], where: str) -> None:
    """Check that a confirmation may give these keys another value than its search.

    Args:
        changed: The keys.
        searched: Keys that the search was over.
        where: What stands before a key in errors.

    Raises:
        SpecError: There is no such key, or the search was over it.
    """
    for key in changed:
        _check_key(where, key)
        if key in searched:
            raise SpecError(
                f"{where}{key}: is searched, and the value that was found would be lost; "
                "allowed are keys that the search fixes"
            )


def _check_key(where: str, key: str) -> None:
    if key == "seed":
        raise SpecError(f"{where}seed: belongs to the replicates; use seeds: [0, 1, 2]")
    known_keys = model().model_fields
    if key not in known_keys:
        close = difflib.get_close_matches(str(key), known_keys, n=1)
        known = f"did you mean {close[0]}?" if close else "keys: spikesweep schema"
        raise SpecError(f"{where}{key}: unknown key; {known}")


def _check_values(parameter: Parameter, base: Mapping[str, Any]) -> None:
    for value in parameter.samples():
        try:
            TrialConfig.parse({**base, parameter.name: value})
        except ConfigError as error:
            raise SpecError(f"search.{error}") from None


def _check_points(sweep: Specification) -> None:
    if sweep.points and sweep.search:
        raise SpecError("points: stand beside a search; keep one of them")
    if sweep.points and not sweep.sampler.declared.every_point:
        others = _samplers(lambda sampler: sampler.every_point)
        raise SpecError(
            f"sampler: {sweep.sampler.name} searches, and points are all run; use {others}"
        )
    twice = first_repeat(sweep.points)
    if twice is not None:
        raise SpecError(f"points.{twice}: {brief(sweep.points[twice])} stands twice")
    for index, point in enumerate(sweep.points):
        for key in sweep.base.keys() & point.keys():
            raise SpecError(f"points.{index}.{key}: stands in base, too; keep one of them")
        try:
            TrialConfig.parse({**sweep.base, **point})
        except ConfigError as error:
            raise SpecError(f"points.{index}.{error}") from None


def _check_confirm(sweep: Specification) -> None:
    if sweep.confirm is None:
        return
    longest = LONGEST_NAME - len(CONFIRMED)
    if len(sweep.name) > longest:
        raise SpecError(
            f"name: {len(sweep.name)} letters leave no room for {CONFIRMED}; allowed are {longest}"
        )
    if sweep.confirm.seeds:
        check_fresh(sweep.confirm.seeds, sweep.seeds, "confirm.seeds")
    searched = {*sweep.search, *(key for point in sweep.points for key in point)}
    check_changes(sweep.confirm.base, searched, "confirm.base.")
    try:
        TrialConfig.parse(sweep.base | sweep.confirm.base)
    except ConfigError as error:
        raise SpecError(f"confirm.base.{error}") from None


def _check_scheduler(sweep: Specification) -> None:
    chosen, shortest = sweep.scheduler, min(sweep.values("epochs"))
    keys = chosen.declared.keys
    for key, value in zip(keys, chosen.values_of(keys).values(), strict=True):
        if key.within_epochs and value > shortest:
            raise SpecError(
                f"scheduler.{key.name}: {value} epochs are more than the {shortest} that a "
                "trial has; allowed is 1 to that, or scheduler: none"
            )


def _check_each(sweep: Specification) -> None:
    searched = {parameter.name: parameter for parameter in sweep.space.parameters}
    for key in sweep.each:
        _check_key("each.", key)
        if key not in searched:
            raise SpecError(
                f"each.{key}: is not searched; in search: {', '.join(searched) or 'nothing'}"
            )
        if searched[key].count() is None:
            raise SpecError(f"each.{key}: has infinitely many values; give search.{key} a list")
        for other in searched[key].when:
            if other in searched and other not in sweep.each:
                raise SpecError(f"each.{key}: is used only by some {other}; name {other}, too")
    if len(set(sweep.each)) < len(sweep.each):
        raise SpecError(f"each: a key stands twice in {brief(list(sweep.each))}")
    planned = sweep.configurations_planned()
    if len(sweep.kinds) > planned:
        raise SpecError(f"trials: {planned} are fewer than the {len(sweep.kinds)} kinds of each")


def _check_metric(sweep: Specification) -> None:
    names = [sweep.metric] if isinstance(sweep.metric, str) else list(sweep.metric)
    for name in names:
        if name not in SEARCHABLE:
            raise SpecError(
                f"metric: {brief(name)} cannot be searched for; {', '.join(SEARCHABLE)} can"
            )
    if not names:
        raise SpecError(f"metric: needs at least one of {', '.join(SEARCHABLE)}")


def _check_sampler(sweep: Specification) -> None:
    sampler = sweep.sampler.declared
    if sampler.every_point:
        sweep.space.grid()
    if len(sweep.directions) > 1 and not sampler.several_metrics:
        others = _samplers(lambda sampler: sampler.several_metrics)
        raise SpecError(f"sampler: {sampler.name} takes one metric; for several use {others}")
    choice = next((p.name for p in sweep.space.parameters if p.choices), None)
    if choice and not sampler.choices:
        others = _samplers(lambda sampler: sampler.choices)
        raise SpecError(
            f"sampler: {sampler.name} takes numbers only, and {choice} is a choice; use {others}"
        )


def _samplers(wanted: Callable[[Sampler], bool]) -> str:
    """The names of the samplers that an error may advise."""
    *names, last = [name for name, sampler in SAMPLERS.items() if wanted(sampler)]
    return f"{', '.join(names)} or {last}" if names else last
