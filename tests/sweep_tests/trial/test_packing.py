"""Packed trials: one process trains several, and each is a trial of its own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from mlflow.tracking import MlflowClient

from analysis.records import Tag
from snn.config import TrialConfig
from snn.data import load
from snn.training.trainer import Trainer
from sweep.cluster.nodes import RELEASE
from sweep.host.paths import LaunchPaths
from sweep.trial.failures import read_cause
from sweep.trial.outcome import OUTCOME, REASON
from sweep.trial.packing.client import Engine, EngineLostError, Raised
from sweep.trial.packing.messages import Setting, Verb
from tests.sweep_tests.workplace import Workplace, wait_until

TINY: dict[str, Any] = {
    "dataset": "digits",
    "epochs": 3,
    "n_steps": 5,
    "encoding": "constant",
    "hidden": 8,
    "dynamics": "lif",
}


def engines() -> set[int]:
    """The processes that train packed trials."""
    found = set()
    for process in psutil.process_iter():
        try:
            if "sweep.trial.packing.engine" in process.cmdline():
                found.add(process.pid)
        except psutil.Error:
            continue
    return found


def told(engine: Engine, config: TrialConfig) -> list[dict[str, Any]]:
    """All results of a trial."""
    engine.ask(Verb.BEGIN, config.to_wire())
    results = [engine.ask(Verb.STEP)]
    while not results[-1].get("done"):
        results.append(engine.ask(Verb.STEP))
    return results


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    paths = LaunchPaths(tmp_path_factory.mktemp("engine"), "small", 1, "0123456789abcdef")
    paths.folder.mkdir(parents=True)
    paths.spec.touch()
    return Setting(paths, "cpu", 1, RELEASE)


@contextmanager
def pair(setting: Setting) -> Iterator[tuple[Engine, Engine]]:
    """Two actors of one process."""
    digits = {"digits": load("digits")}
    first, second = Engine(setting, digits), Engine(setting, digits)
    yield first, second
    first.leave()
    second.leave()


@pytest.fixture(scope="module")
def two(setting: Setting) -> Iterator[tuple[Engine, Engine]]:
    """Two actors of one process, which ends in the last test that uses them."""
    with pair(setting) as both:
        yield both


def test_two_actors_share_a_process_in_which_an_error_of_one_leaves_the_other(
    two: tuple[Engine, Engine], setting: Setting
) -> None:
    first, second = two
    assert len(engines()) == 1
    first.ask(Verb.BEGIN, TrialConfig.parse(TINY).to_wire())
    first.ask(Verb.STEP)
    with pytest.raises(Raised) as raised:
        second.ask(Verb.BEGIN, TrialConfig.parse(TINY | {"dataset": "mnist"}).to_wire())
    assert read_cause(f"ray::PackedTrainable.train()\n{raised.value}").text == "KeyError: 'mnist'"
    (*_, last) = told(second, TrialConfig.parse(TINY | {"lr": 1e30}))
    assert last[OUTCOME] == "failed" and "the loss is" in last[REASON]
    assert first.ask(Verb.STEP)["epoch"] == 2


def test_the_process_ends_with_its_last_actor(two: tuple[Engine, Engine]) -> None:
    first, second = two
    (process,) = engines()
    first.leave()
    second.ask(Verb.BEGIN, TrialConfig.parse(TINY).to_wire())
    assert process in engines()
    second.leave()
    wait_until(lambda: process not in engines())


def test_a_trial_goes_on_from_its_checkpoint_when_the_process_was_killed(
    setting: Setting,
) -> None:
    config = TrialConfig.parse(TINY | {"seed": 1})
    with pair(setting) as (first, second):
        first.ask(Verb.BEGIN, config.to_wire())
        epoch = first.ask(Verb.STEP)
        (process,) = engines()
        os.kill(process, signal.SIGKILL)
        for engine in (first, second):
            with pytest.raises(EngineLostError, match="died"):
                engine.ask(Verb.STEP)
        another = Engine(setting, {"digits": load("digits")})
        again = told(another, config)
        assert [one["epoch"] for one in again] == [1, 2, 3]
        assert again[0]["train_loss"] == epoch["train_loss"]
        another.leave()


def test_a_packed_sweep_has_the_numbers_of_each_trial_alone_though_its_process_is_killed(
    place: Workplace, ray_here: None
) -> None:
    before, killed = engines(), list[int]()
    plugin, go = place.held()
    base = TINY | {"epochs": 8, "n_steps": 10, "hidden": 32}  # which learns within four epochs
    base |= {"lr_schedule": "held"}

    def kill() -> None:
        trials = place.folder / "ray_results" / "packed" / "1" / "trials"
        wait_until(lambda: len(list(trials.glob("*/last.pt"))) == 2)
        killed.extend(engines() - before)
        for process in killed:
            os.kill(process, signal.SIGKILL)
        go.touch()

    killer = threading.Thread(target=kill)
    killer.start()
    spec = place.spec(
        name="packed",
        plugins=[plugin],
        base=base,
        search={"lr": [1e-2, 5e-3, 1e-9]},
        sampler="grid",
        scheduler={"name": "asha", "grace": 4},
        resources={"cpu": 0.5, "pack": 2},
    )
    done = place.run("run", spec)
    killer.join()
    assert done.returncode == 0, done.stderr
    assert "2 trials are trained side by side in one process" in done.stderr
    assert len(killed) == 1 and "lost its process, and goes on in another" in done.stderr
    states = {run.data.params["lr"]: run.data.tags[Tag.STATE] for run in place.runs("packed")}
    assert states["1e-09"] == "pruned"  # the third, which begins when one of the others has ended
    assert "done" in states.values()
    for run in place.runs("packed"):
        alone = Trainer(
            TrialConfig.parse(base | {"lr": float(run.data.params["lr"])}), load("digits")
        )
        while not alone.done:
            alone.train_epoch()
        logged = MlflowClient(place.store).get_metric_history(run.info.run_id, "train_loss")
        expected = [metrics["train_loss"] for metrics in alone.history]
        assert [one.value for one in logged] == expected[: len(logged)]
        if run.data.tags[Tag.STATE] == "done":
            assert run.data.metrics["test_loss"] == alone.test_best()[0]["test_loss"]
