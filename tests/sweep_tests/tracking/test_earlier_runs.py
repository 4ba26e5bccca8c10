"""What the ledger takes from a real MLflow store, which may hold anything."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from typing import Any

import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from analysis.records import State, Tag
from snn.config import TrialConfig
from sweep.tracking.earlier_runs import Ledger
from sweep.tracking.store import open_store

BASE: dict[str, Any] = {"dataset": "digits", "epochs": 3}
DIGEST = "d" * 64
ENDED = {"best_epoch": 2.0, "best_val_accuracy": 0.2, "test_accuracy": 0.3}


class Store:
    """A store with one experiment."""

    def __init__(self) -> None:
        self.client: MlflowClient = open_store()
        self._experiment = self.client.create_experiment("s")
        self._seeds = iter(range(1000))

    def config(self, **changes: Any) -> TrialConfig:
        """A configuration that no other test has."""
        return TrialConfig.parse({**BASE, **changes, "seed": next(self._seeds)})

    def run(
        self,
        config: TrialConfig,
        params: Mapping[str, Any] | None = None,
        epochs: int = 3,
        ended: Mapping[str, float] = ENDED,
    ) -> str:
        """Log a run that is tagged as done; its id."""
        tags = {
            Tag.CONFIG_ID: config.config_id,
            Tag.STATE: State.DONE,
            Tag.DATA_SHA256: DIGEST,
        }
        logged = {key: str(value) for key, value in (params or config.params()).items()}
        run_id = str(self.client.create_run(self._experiment).info.run_id)
        metrics = [Metric("val_accuracy", n / 10, n, n) for n in range(1, epochs + 1)]
        metrics += [Metric(name, value, 9, epochs) for name, value in ended.items()]
        self.client.log_batch(
            run_id,
            metrics=metrics,
            params=[Param(*it) for it in logged.items()],
            tags=[RunTag(*it) for it in tags.items()],
        )
        self.client.set_terminated(run_id)
        return run_id


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("store"))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield Store()


def found(config: TrialConfig) -> tuple[str, str]:
    """The run that the ledger finds, and what it says."""
    said: list[str] = []
    record = Ledger([DIGEST], said.append).find(config)
    return record.run_id if record else "", "".join(said)


def test_a_finished_run_of_the_configuration_is_found_with_its_epochs(store: Store) -> None:
    config = store.config()
    run_id = store.run(config)
    record = Ledger([DIGEST]).find(config)
    assert record is not None
    assert (record.run_id, record.metrics) == (run_id, ENDED)
    assert record.epochs == {n: {"val_accuracy": n / 10} for n in (1, 2, 3)}
    assert Ledger(["e" * 64]).find(config) is None


def test_a_run_from_before_a_key_was_there_has_it_at_its_default(store: Store) -> None:
    config = store.config()
    old = {k: v for k, v in config.params().items() if k not in ("dropout", "clip_norm")}
    assert found(config) == ("", "")
    run_id = store.run(config, params=old)
    assert found(config) == (run_id, "")


def test_a_run_that_stopped_early_is_found(store: Store) -> None:
    config = store.config(epochs=9, early_stopping=1)
    run_id = store.run(config, epochs=3)
    assert found(config) == (run_id, "")


@pytest.mark.parametrize(
    ("told", "forged"),
    [
        ("epochs is 1, not 3, lr is 0.5, not 0.001", {"params": {"epochs": 1, "lr": 0.5}}),
        ("mine: unknown key", {"params": {"mine": 1}}),
        ("it has 1 of 3 epochs", {"epochs": 1}),
        ("it has 0 of 3 epochs", {"epochs": 0}),
        ("its best epoch is nan of 3", {"ended": {"test_accuracy": 0.3}}),
        ("its best epoch is 7 of 3", {"ended": ENDED | {"best_epoch": 7.0}}),
        (
            "its best_val_accuracy is 0.9, and 0.2 in its best epoch",
            {"ended": ENDED | {"best_val_accuracy": 0.9}},
        ),
    ],
)
def test_a_run_that_is_not_what_its_tags_say_is_not_used(
    store: Store, told: str, forged: dict[str, Any]
) -> None:
    config = store.config()
    params = config.params() | forged.get("params", {})
    good = store.run(config)
    bad = store.run(config, **forged | {"params": params})
    run_id, said = found(config)
    assert run_id == good
    assert said.startswith(f"MLflow run {bad} is not used for {config.config_id}: {told}")
    assert "\n" not in said


def test_a_store_that_breaks_has_no_runs_and_says_so(store: Store) -> None:
    config = store.config()
    store.run(config)
    said: list[str] = []
    ledger = Ledger([DIGEST], said.append)
    rename_table("metrics", "gone")
    try:
        assert ledger.find(config) is None
    finally:
        rename_table("gone", "metrics")
    assert len(ledger) == 0
    (line,) = said
    assert line.startswith("MLflow cannot be read (")
    assert "no more runs are reused" in line


def rename_table(name: str, new: str) -> None:
    with contextlib.closing(sqlite3.connect("mlflow.db")) as database:
        database.execute(f"ALTER TABLE {name} RENAME TO {new}")
