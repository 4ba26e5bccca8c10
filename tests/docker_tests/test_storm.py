"""A sweep loses nothing though all that carries it dies in the middle: a cluster, or Ray here."""

from __future__ import annotations

from pathlib import Path

import pytest
from native.services import Services

from tests.docker_tests import chaos
from tests.docker_tests.storm.storms import storm_without_servers

Finals = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Finals:
    """What the sweep gives when it is left in peace."""
    return chaos.without_ray(tmp_path_factory.mktemp("chaos"), chaos.SMALL)


@pytest.mark.timeout(600)
def test_on_a_cluster_everything_is_there_once_and_the_same_as_in_peace(
    services: Services, tmp_path: Path, expected: Finals
) -> None:
    with chaos.as_client(services.client_environment):
        chaos.Storm(services, tmp_path, chaos.SMALL, seed=1).run()
        optuna_url = services.client_environment["SPIKESWEEP_OPTUNA"]
        chaos.check(services.mlflow_url, optuna_url, chaos.SMALL, expected)


@pytest.mark.timeout(600)
def test_on_one_machine_everything_is_there_once_and_the_same_as_in_peace(
    tmp_path: Path, expected: Finals
) -> None:
    storm_without_servers(tmp_path / "storm", chaos.SMALL, expected, seed=1)
