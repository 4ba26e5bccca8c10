"""A sweep loses nothing though every part of its cluster dies in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest
from native.services import Services

from tests.docker_tests import chaos


@pytest.mark.timeout(600)
def test_everything_is_there_once_and_the_same_as_in_peace(
    services: Services, tmp_path: Path
) -> None:
    expected = chaos.undisturbed(tmp_path / "peace", chaos.SMALL)
    with chaos.as_client(services.client_environment):
        chaos.Storm(services, tmp_path, chaos.SMALL, seed=1).run()
        optuna_url = services.client_environment["SPIKESWEEP_OPTUNA"]
        chaos.check(services.mlflow_url, optuna_url, chaos.SMALL, expected)
