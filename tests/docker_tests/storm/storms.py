"""A whole storm: the sweep, its surroundings and the blows, and what must be left at the end."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from native.service import Service

from tests.docker_tests.chaos import FULL, Size, as_client, check
from tests.docker_tests.storm.blows import REDUCED, Blows
from tests.docker_tests.storm.surroundings import busy, servers, small_disk
from tests.docker_tests.storm.sweeping import Sweeping

LARGE = replace(
    FULL,
    plan={
        **FULL.plan,
        "base": {"dataset": "digits", "epochs": 10, "n_steps": 25},
        "seeds": [0, 1],
        "max_failures": 20,
    },
)


_APART = 0.02  # in the tests, so that every blow meets trials


def storm(
    folder: Path,
    size: Size,
    expected: Mapping[str, Mapping[str, float]],
    seed: int,
    load: int = 0,
    blows: tuple[str, ...] = (),
) -> None:
    """Run the sweep through a storm, and check that nothing is lost, doubled or left running.

    Raises:
        AssertionError: Something is.
    """
    with servers(folder) as (site, found):
        place = site.folder / "driver"
        place.mkdir()
        _weather(place, site.client_environment, found, folder / "disk", size, seed, load, blows)
        with as_client(site.client_environment):
            check(site.mlflow_url, site.client_environment["SPIKESWEEP_OPTUNA"], size, expected)


def storm_without_servers(
    folder: Path, size: Size, expected: Mapping[str, Mapping[str, float]], seed: int
) -> None:
    """The same with both stores in files, and the blows of the tests.

    Raises:
        AssertionError: Something is lost, doubled or left running.
    """
    folder.mkdir()
    stores = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "SPIKESWEEP_OPTUNA": f"sqlite:///{folder / 'optuna.db'}",
    }
    disk = folder / "disk"
    _weather(folder, os.environ | stores, {}, disk, size, seed, blows=REDUCED, apart=_APART)
    check(stores["MLFLOW_TRACKING_URI"], stores["SPIKESWEEP_OPTUNA"], size, expected)


def _weather(
    folder: Path,
    environment: Mapping[str, str],
    services: Mapping[str, Service],
    disk: Path,
    size: Size,
    seed: int,
    load: int = 0,
    blows: tuple[str, ...] = (),
    apart: float = 0.0,
) -> None:
    with small_disk(disk), busy(load):
        sweep = Sweeping(folder, environment, disk, size)
        disturb(sweep, Blows(sweep, services, disk, size.away_s), blows, seed, apart)
        assert not sweep.left_after(30)


def disturb(
    sweep: Sweeping, blows: Blows, chosen: tuple[str, ...], seed: int, apart: float = 0.0
) -> None:
    """Start the sweep, disturb it, resume what was broken off, and wait for the end.

    Args:
        sweep: Not yet started.
        blows: What can be done to it.
        chosen: Names of what is done; by default everything.
        seed: Of the order and the moments of the blows.
        apart: Share of the epochs that is trained between two blows at least; 0: one may come while
            Ray still starts after another.
    """
    rng = random.Random(seed)
    names = list(chosen or blows.by_name)
    rng.shuffle(names)
    moments = sorted(rng.uniform(0.02, 0.85) for _ in names)
    sweep.launch()
    for share, name in zip(moments, names, strict=True):
        least = max(share, sweep.progress() + apart)
        while sweep.go_on() and sweep.progress() < least:
            pass
        blows.by_name[name]()
    while sweep.go_on():
        pass
