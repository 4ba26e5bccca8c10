"""Checks of a specification that need torch: they try what it names."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from snn.config import LAYERS, TrialConfig
from snn.errors import ConfigError
from snn.registry import KINDS, SPIKING_KINDS
from sweep.errors import SpecError
from sweep.spec.plugins import check_components

if TYPE_CHECKING:
    from snn.data import Dataset
    from sweep.spec.specification import Specification


def check_backends(sweep: Specification) -> None:
    """Check that the backends can compute the trials.

    Raises:
        SpecError: A backend cannot compute these networks on the device of a trial, or a component
            of a plugin does not do what it must.
    """
    from snn.training.trainer import backend_of

    device = sweep.resources.device
    kinds = {kind: key for kind, key in KINDS.items() if kind != "network"}
    check_components({kind: sweep.values(key) for kind, key in kinds.items()})
    if LAYERS not in sweep.values("network"):
        return  # users' networks compute themselves
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
    """Try every network of a user's on a few images.

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
            check_network(config, dataset.n_pixels, dataset.n_classes)
        except ConfigError as error:
            raise SpecError(str(error)) from None
