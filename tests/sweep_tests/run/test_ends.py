"""A search that ends by a rule, through the command line, and goes on when it is resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.data.launches import launches_of
from analysis.data.runs import read_records
from tests.sweep_tests.receiver import receiver
from tests.sweep_tests.workplace import REFERENCE, Workplace

pytestmark = pytest.mark.usefixtures("ray_here")

TINY = {"dataset": "digits", "epochs": 1, "n_steps": 4, "encoding": "constant", "hidden": 4}
ALIKE = {"lr": {"loguniform": [0.0099, 0.01]}}


def ended(place: Workplace) -> tuple[str, str, str]:
    """Status of the launch in MLflow, the reason of its end, and its description."""
    (parent,) = place.runs("small", "sweep")
    tags = parent.data.tags
    return parent.info.status, tags["spikesweep.ended"], tags["mlflow.note.content"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """One folder for the sweeps below: the second starts from the first."""
    return Workplace(tmp_path_factory.mktemp("ends"))


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


def test_a_sweep_starts_from_another_whose_runs_are_none_of_its_own_and_tells_of_its_end(
    place: Workplace,
) -> None:
    search = ALIKE | {"n_steps": [4, 5]}
    base = {key: value for key, value in TINY.items() if key != "n_steps"} | REFERENCE
    told = ["$OURS", "json://ann:hunter22@127.0.0.1:9"]
    plan = {"name": "later", "base": base, "search": search, "trials": 1, "start_from": "small"}
    spec = place.spec(**plan, notify=told)
    with receiver() as (address, received):
        done = place.run("run", spec, OURS=address)
    assert done.returncode == 0, done.stderr
    (message,) = received
    assert message.startswith("spikesweep: later has ended\n1 done, 0 running")
    assert "notify: json://… did not take the message: has ended" in done.stderr
    (place.folder / spec).unlink()
    files = [file for file in place.folder.rglob("*") if file.is_file()]
    assert not [file for file in files if b"hunter22" in file.read_bytes()]
    known = len(place.study("small/1").trials)
    told = f"start_from: {known} configurations of small known to the sampler; 0 runs left out"
    assert told in done.stderr and "1 done, 0 running, 0 pruned, 0 failed of 1" in done.stderr
    assert len(place.runs("later")) == len(place.study("later/1").trials) == 1
    unknown = place.run("run", place.spec(name="never", start_from="smal"))
    assert unknown.returncode == 2 and "unknown sweep 'smal'; did you mean small?" in unknown.stderr
    assert not (place.folder / "ray_results" / "never").exists()


def networks(place: Workplace) -> list[Path]:
    return [*place.folder.rglob("best.pt")]


def test_networks_of_all_but_the_leaders_are_removed_and_the_tables_stay(place: Workplace) -> None:
    before, table = len(networks(place)), place.run("table", "small").stdout
    states = [*(place.folder / "ray_results" / "small").rglob("last.pt")]
    command = ("gc", "small", "later", "--keep", "leaders", "--top", "1")
    asked = place.run(*command)
    assert asked.returncode == 2 and len(networks(place)) == before
    assert "small: keeps the networks of 2 runs" in asked.stdout
    done = place.run(*command, "--yes")
    assert done.returncode == 0, done.stderr
    assert len(networks(place)) == 2 * 3 < before  # in the folder and in MLflow: two seeds, and one
    assert place.run("table", "small").stdout == table
    assert place.run("best", "small").returncode == 0
    assert all(state.exists() for state in states)  # it can go on without its rule
    later = place.folder / "ray_results" / "later"
    assert not [*later.rglob("last.pt")] and not (later / "1" / "tune").exists()
    assert "small: removes 0 files" in place.run(*command, "--yes").stdout


def test_a_real_sweep_is_deleted(place: Workplace) -> None:
    done = place.run("delete", "later", "--yes")
    assert done.returncode == 0, done.stderr
    assert "later" not in place.run("list").stdout and "small" in place.run("list").stdout
