"""Checks of a specification that may need torch: they try what it names."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from snn.config import LAYERS
from snn.errors import ConfigError
from snn.registry import KINDS, SPIKING_KINDS
from sweep.errors import SpecError
from sweep.spec.plugins import check_components

if TYPE_CHECKING:
    from snn.data.base import Data
    from sweep.spec.specification import Specification


def check_backends(sweep: Specification) -> None:
    """Check that the backends can compute the trials.

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
    from snn.training.computation import backend_of

    device = sweep.resources.device
    keys = ["backend", *(KINDS[kind] for kind in SPIKING_KINDS)]
    for chosen in itertools.product(*(dict.fromkeys(sweep.values(key)) for key in keys)):
        asked = {**dict(zip(keys, chosen, strict=True)), "network": LAYERS}
        config = sweep.config_of(sweep.base | asked)
        try:
            backend_of(config, device)
        except ConfigError as error:
            no_gpu = device == "cpu" and config.backend == "cuda"
            given = " (resources.gpu is 0)" if no_gpu else ""
            raise SpecError(f"base.{error}{given}") from None


_FITTING = ("dataset", "encoding", "dynamics", "network", "val_groups")


def check_data(sweep: Specification, datasets: Mapping[str, Data]) -> None:
    """Check that every trial's network takes what its data set has, and that it can be split.

    Raises:
        SpecError: One does not; a line for each reason.
        ConfigError: A split leaves nothing for one side.
    """
    from snn.data.base import require_fit

    lines = list[str]()
    for case, _ in sweep.space.cases(_FITTING):
        config = sweep.config_of({**sweep.base, **case})
        try:
            require_fit(datasets[config.dataset], config)
        except ConfigError as error:
            lines += error.mistakes
    if lines:
        raise SpecError(*dict.fromkeys(lines))
    for dataset in datasets.values():
        for val_fraction in sweep.values("val_fraction"):
            dataset.n_validation(val_fraction)


def check_networks(sweep: Specification, datasets: Mapping[str, Data]) -> None:
    """Try every network of a user's on a few images.

    Each is made with all choices of its keys that are searched, and with the ends of their ranges.

    Raises:
        SpecError: One cannot be trained, or not be resumed, or does not give what is searched for;
            one line.
    """
    tried = set[str]()
    for point in sweep.space.covering():
        config = sweep.config_of({**sweep.base, **point})
        component = config.component("network")
        keys = {*component.own, *component.uses, "network", "dataset"}
        made_of = {key: value for key, value in config.params().items() if key in keys}
        if not config.has_own_network or repr(made_of) in tried:
            continue
        tried.add(repr(made_of))
        from snn.networks.own_checks import check_network

        dataset = datasets[config.dataset]
        seen = dataset.seen_by(config)
        try:
            measured = check_network(config, seen.n_pixels, dataset.n_classes, seen.shape)
        except ConfigError as error:
            searched = ", ".join(f"{key}={point[key]}" for key in component.own if key in point)
            raise SpecError(f"{error}{searched and f'; with {searched}'}") from None
        _check_measured(sweep, component.name, measured)


def _check_measured(sweep: Specification, network: str, measured: Collection[str]) -> None:
    for metric in (*sweep.directions, *sweep.constraints):
        if metric.startswith("val_") or metric in measured:
            continue
        why = "its synapses are not known"
        if metric == "spikes_per_inference":
            why = "it gives no spike counts beside its logits"
        raise SpecError(f"metric: {metric}: is not measured of the network {network}: {why}")
