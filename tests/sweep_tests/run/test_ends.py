"""A search that ends by a rule, through the command line, and goes on when it is resumed."""

from __future__ import annotations

import pytest

from analysis.data.launches import launches_of
from analysis.data.runs import read_records
from tests.sweep_tests.workplace import REFERENCE, Workplace

pytestmark = pytest.mark.usefixtures("ray_here")

TINY = {"dataset": "digits", "epochs": 1, "n_steps": 4, "encoding": "constant", "hidden": 4}
ALIKE = {"lr": {"loguniform": [0.0099, 0.01]}}


def ended(place: Workplace) -> tuple[str, str, str]:
    """Status of the launch in MLflow, the reason of its end, and its description."""
    (parent,) = place.runs("small", "sweep")
    tags = parent.data.tags
    return parent.info.status, tags["spikesweep.ended"], tags["mlflow.note.content"]


def test_a_target_and_then_the_noise_end_one_sweep_and_the_reason_stands_everywhere(
    place: Workplace,
) -> None:
    spec = place.spec(base=TINY | REFERENCE, search=ALIKE, seeds=[0, 1], trials=30)
    first = place.run("run", spec, "--set", "stop.target=0.01")
    assert first.returncode == 0, first.stderr
    reason = "; the target is 0.01"
    assert "the search has ended: a configuration has val_accuracy 0." in first.stderr
    assert reason in first.stderr and len(place.runs("small")) == 2
    status, why, description = ended(place)
    assert status == "FINISHED" and reason in why and why in description
    done = place.run("run", spec, "--resume", "--set", "stop.noise=true")
    assert done.returncode == 0, done.stderr
    assert "less than the noise between seeds" in done.stderr
    assert 20 <= len(place.runs("small")) < 60
    assert {run.info.status for run in place.runs("small")} == {"FINISHED"}
    status, why, _ = ended(place)
    assert status == "FINISHED" and "less than the noise between seeds" in why
    again = place.run("run", spec, "--resume", "--set", "stop.noise=true")
    assert again.returncode == 0 and f"nothing to do: {why}" in again.stderr
    of_report = launches_of(read_records(["small"], place.store))
    assert list(of_report["ended"]) == [why]
