"""The best network of a sweep in MLflow's registry, served by MLflow's own server."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from mlflow.tracking import MlflowClient

from snn import load
from tests.serving import ask, served
from tests.sweep_tests.workplace import Workplace

pytestmark = pytest.mark.usefixtures("ray_here")
IMAGES = ["test:0", "test:17"]


@pytest.fixture(scope="module")
def registered(shared_place: Workplace, ray_here: None) -> Workplace:
    """A place with a small sweep whose best network is registered as `digits`."""
    done = shared_place.run("run", shared_place.spec(trials=1))
    assert done.returncode == 0, done.stderr
    best = shared_place.run("best", "small", "--register", "digits")
    assert best.returncode == 0, best.stderr
    assert best.stdout.splitlines()[-1].split() == ["registered", "models:/digits/1"]
    assert best.stderr == ""  # MLflow has much to say
    return shared_place


def test_the_version_knows_its_run_configuration_and_metrics(registered: Workplace) -> None:
    (run,) = registered.runs("small")
    version = MlflowClient(registered.store).get_model_version("digits", "1")
    assert version.run_id == run.info.run_id
    assert json.loads(version.description)["dynamics"] == run.data.params["dynamics"]
    assert float(version.tags["test_accuracy"]) == pytest.approx(
        run.data.metrics["test_accuracy"], rel=1e-5
    )
    assert run.info.status == "FINISHED"  # as before: the run was not opened again


def test_registering_again_makes_no_second_version(registered: Workplace) -> None:
    again = registered.run("best", "small", "--register", "digits")
    assert again.returncode == 0, again.stderr
    assert "models:/digits/1" in again.stdout
    assert len(MlflowClient(registered.store).search_model_versions("name = 'digits'")) == 1


def test_a_name_that_mlflow_cannot_have_is_refused_in_one_line(registered: Workplace) -> None:
    done = registered.run("best", "small", "--register", "a/b")
    assert done.returncode == 2
    assert "--register a/b: needs a name without" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_served_model_answers_as_predict_does(registered: Workplace) -> None:
    environment = registered.environment | {"MLFLOW_TRACKING_URI": registered.store}
    with served("models:/digits/1", registered.folder, environment) as address:
        probabilities = ask(address, load("digits").test_images[[0, 17]])
    assert probabilities.shape == (2, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    told = registered.run("predict", "small", *IMAGES).stdout.splitlines()
    for line, ours in zip(told, probabilities, strict=True):
        for label, percent in re.findall(r"(\d): ([\d.]+)%", line):
            assert 100 * ours[int(label)] == pytest.approx(float(percent), abs=0.051)
