"""A search that ends by a rule, one that starts from it, and what is kept of both: for real."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from analysis.data.origins.launches import launches_of
from analysis.data.runs import read_records
from tests.sweep_tests.receiver import receiver
from tests.sweep_tests.workplace import REFERENCE, Done, Workplace

pytestmark = pytest.mark.usefixtures("ray_here")

TINY = {"dataset": "digits", "epochs": 1, "encoding": "constant", "hidden": 4} | REFERENCE
ALIKE = {"lr": {"loguniform": [0.0099, 0.01]}}
SECRET = "json://ann:hunter22@127.0.0.1:9"


class Ended(NamedTuple):
    """How a sweep ended: what it printed, and what MLflow said of its launch then."""

    done: Done
    runs: int
    status: str
    reason: str
    description: str


def run(place: Workplace, *arguments: str) -> Ended:
    done = place.run("run", *arguments)
    assert done.returncode == 0, done.stderr
    (parent,) = place.runs("small", "sweep")
    tags = parent.data.tags
    reason, description = tags["spikesweep.ended"], tags["mlflow.note.content"]
    return Ended(done, len(place.runs("small")), parent.info.status, reason, description)


@pytest.fixture(scope="module")
def by_noise(shared_place: Workplace, ray_here: None) -> Ended:
    plan = {"base": TINY | {"n_steps": 4}, "search": ALIKE, "seeds": [0, 1], "trials": 30}
    return run(shared_place, shared_place.spec(**plan, stop={"noise": True}))


class Later(NamedTuple):
    """How a sweep ended that started from another, the messages that it sent, and its dry run."""

    done: Done
    messages: list[str]
    planned: str


@pytest.fixture(scope="module")
def later(shared_place: Workplace, by_noise: Ended) -> Later:
    plan = {"name": "later", "base": TINY, "search": ALIKE | {"n_steps": [4, 5]}, "trials": 1}
    spec = shared_place.spec(**plan, start_from="small", notify=["$OURS", SECRET])
    with receiver() as (address, received):
        planned = shared_place.run("run", spec, "--dry-run", OURS=address).stdout
        done = shared_place.run("run", spec, OURS=address)
    (shared_place.folder / spec).unlink()
    assert done.returncode == 0, done.stderr
    return Later(done, received, planned)


def test_noise_ends_a_sweep_among_equals_with_the_reason_in_all_places(
    shared_place: Workplace, by_noise: Ended
) -> None:
    assert "less than the noise between seeds" in by_noise.reason
    assert f"the search has ended: {by_noise.reason}" in by_noise.done.stderr
    assert by_noise.reason in by_noise.description
    assert by_noise.status == "FINISHED" and 20 <= by_noise.runs < 60
    assert {run.info.status for run in shared_place.runs("small")} == {"FINISHED"}
    of_report = launches_of(read_records(["small"], shared_place.store))
    assert list(of_report["ended"]) == [by_noise.reason]


def test_with_the_same_rule_there_is_nothing_to_do(
    shared_place: Workplace, by_noise: Ended
) -> None:
    again = run(shared_place, "small.yaml", "--resume")
    assert f"nothing to do: {by_noise.reason}" in again.done.stderr
    assert "Ray starts" not in again.done.stderr
    to_go_on = "to go on, change stop.noise in the specification and run: spikesweep run small.yaml"
    assert f"the search has ended: {by_noise.reason}; {to_go_on} --resume" in again.done.stderr
    assert again[1:] == by_noise[1:]


def test_a_sweep_starts_from_another_whose_runs_are_none_of_its_own(
    shared_place: Workplace, later: Later
) -> None:
    known = len(shared_place.study("small/1").trials)
    told = f"{known} configurations of small known to the sampler; 0 runs left out"
    assert f"start_from: {told}" in later.done.stderr
    assert f"starts from {told}\n" in later.planned
    assert "1 done, 0 running, 0 pruned, 0 failed of 1" in later.done.stderr
    assert len(shared_place.runs("later")) == len(shared_place.study("later/1").trials) == 1


def test_a_sweep_does_not_begin_without_the_one_that_it_starts_from(
    shared_place: Workplace, by_noise: Ended
) -> None:
    spec = shared_place.spec(name="never", start_from="smal")
    for command in (("run", spec), ("run", spec, "--dry-run")):
        unknown = shared_place.run(*command)
        assert unknown.returncode == 2
        assert "unknown sweep 'smal'; did you mean small?" in unknown.stderr
    assert not (shared_place.folder / "ray_results" / "never").exists()


def test_its_end_is_told_and_no_secret_of_an_address_is_left_anywhere(
    shared_place: Workplace, later: Later
) -> None:
    (message,) = later.messages
    assert message.startswith("spikesweep: later has ended\n1 done, 0 running")
    assert "notify: json://… did not take the message: has ended" in later.done.stderr
    files = [file for file in shared_place.folder.rglob("*") if file.is_file()]
    assert not [file for file in files if b"hunter22" in file.read_bytes()]


def networks(place: Workplace) -> list[Path]:
    return [*place.folder.rglob("best.pt")]


def test_networks_of_all_but_the_leaders_are_removed_and_the_tables_stay(
    shared_place: Workplace, later: Later
) -> None:
    place = shared_place
    before, table = len(networks(place)), place.run("table", "small").stdout
    states = [*(place.folder / "ray_results" / "small").rglob("last.pt")]
    command = ("gc", "small", "later", "--keep", "leaders", "--top", "1")
    asked = place.run(*command)
    assert asked.returncode == 2 and len(networks(place)) == before
    assert "small: keeps the networks of 2 trials of leaders\n" in asked.stdout
    done = place.run(*command, "--yes")
    assert done.returncode == 0, done.stderr
    assert len(networks(place)) == 2 * 3 < before  # in the folder and in MLflow: two seeds, and one
    assert place.run("table", "small").stdout == table
    assert place.run("best", "small").returncode == 0
    assert all(state.exists() for state in states)  # it can go on without its rule
    folder = place.folder / "ray_results" / "later"
    assert not [*folder.rglob("last.pt")] and not (folder / "1" / "tune").exists()
    assert "small: removes the networks of 0 trials" in place.run(*command, "--yes").stdout


def test_a_real_sweep_is_deleted(shared_place: Workplace, later: Later) -> None:
    done = shared_place.run("delete", "later", "--yes")
    assert done.returncode == 0, done.stderr
    listed = shared_place.run("list").stdout
    assert "later" not in listed and "small" in listed
