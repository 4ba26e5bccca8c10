"""The tables of a store are there whole or not at all, whoever is killed while they are made."""

from __future__ import annotations

import os
import random
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import optuna
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from mlflow.store import db_migrations
from mlflow.store.tracking.dbmodels.initial_models import Base
from mlflow.tracking import MlflowClient
from sqlalchemy import Engine, create_engine, event

from analysis.data.runs import list_sweeps
from analysis.errors import AnalysisError
from analysis.records import KIND_SWEEP, Tag
from analysis.store import schema
from analysis.store.migrations import revisions
from sweep.cli import run
from sweep.host.paths import study_storage
from sweep.run.checkup import CHECKS
from sweep.search.database import StudyDatabase
from sweep.tracking.earlier_runs import Ledger
from sweep.tracking.store import open_store, store_exists


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_STILL_S", 0.5, raising=False)


def open_optuna() -> None:
    StudyDatabase(study_storage(), "s/1", {"val_accuracy": "max"}, print).close()


def make_as_mlflow_does() -> None:
    """What `mlflow server` does, and what was done here before."""
    MlflowClient("sqlite:///mlflow.db").search_experiments()


def make_as_optuna_does() -> None:
    optuna.storages.RDBStorage(study_storage())


def killed_at(folder: Path, statement: int, make: Callable[[], Any]) -> None:
    """Make something, and die by SIGKILL after a number of statements that went to a file."""
    os.chdir(folder)
    left = statement

    def count(connection: Any, *_: object) -> None:
        nonlocal left
        left -= bool(connection.engine.url.database)
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", count)
    make()


def in_own_process(processes: ForkServerContext, work: Callable[..., Any], *arguments: Any) -> int:
    child = processes.Process(target=work, args=arguments)
    child.start()
    child.join(timeout=100)
    assert child.exitcode is not None
    return child.exitcode


@pytest.mark.parametrize(
    ("make", "statement"),
    [(open_store, n) for n in (60, 120, 160)] + [(make_as_mlflow_does, n) for n in (20, 400, 1200)],
)
def test_a_kill_while_the_store_is_made_leaves_one_that_can_be_used(
    processes: ForkServerContext, in_folder: Path, make: Callable[[], Any], statement: int
) -> None:
    code = in_own_process(processes, killed_at, in_folder, statement, make)
    assert code in (-signal.SIGKILL, 0)
    if code:
        with pytest.raises(AnalysisError, match=r"^no sweep here yet"):
            list_sweeps()
    client = open_store()
    client.create_experiment("s")
    assert sorted(found.name for found in client.search_experiments()) == ["Default", "s"]


@pytest.mark.parametrize(
    ("make", "statement"),
    [(open_optuna, n) for n in (10, 40)] + [(make_as_optuna_does, n) for n in (20, 40, 46)],
)
def test_a_kill_while_the_studies_tables_are_made_leaves_a_database_that_can_be_used(
    processes: ForkServerContext, in_folder: Path, make: Callable[[], Any], statement: int
) -> None:
    in_own_process(processes, killed_at, in_folder, statement, make)
    open_optuna()
    assert optuna.get_all_study_names(study_storage()) == ["s/1"]


@pytest.mark.parametrize("library", [schema.MLFLOW, schema.OPTUNA], ids=lambda one: one.library)
def test_the_versions_of_the_tables_are_those_that_alembic_finds(library: schema.Schema) -> None:
    package, folder = library.steps
    scripts = ScriptDirectory(str(Path(str(sys.modules[package].__file__)).parent / folder))
    every = {script.revision for script in scripts.walk_revisions()}
    assert revisions(library.steps) == (set(scripts.get_heads()), every)


def in_folder_of(folder: Path, make: Callable[[], Any]) -> None:
    os.chdir(folder)
    make()


def test_kills_at_random_moments(processes: ForkServerContext, in_folder: Path) -> None:
    moments = random.Random(17)
    for n in range(5):
        folder = in_folder / str(n)
        folder.mkdir()
        child = processes.Process(target=in_folder_of, args=(folder, open_store))
        child.start()
        time.sleep(moments.uniform(0.2, 2.0))
        child.kill()
        child.join()
        os.chdir(folder)
        assert [found.name for found in open_store().search_experiments()] == ["Default"]


def wait_and_open(folder: Path, gate: Any) -> None:
    os.chdir(folder)
    gate.wait(60)
    open_optuna()
    open_store().create_experiment(str(os.getpid()))


def test_four_that_make_the_store_at_once_all_have_it(
    processes: ForkServerContext, in_folder: Path
) -> None:
    gate = processes.Barrier(4)
    children = [processes.Process(target=wait_and_open, args=(in_folder, gate)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=100)
    assert [child.exitcode for child in children] == [0] * 4
    assert len(open_store().search_experiments()) == 5


@pytest.mark.parametrize("make", [open_store, make_as_mlflow_does])
def test_who_reads_while_the_store_is_made_finds_no_sweep_or_all_tables(
    processes: ForkServerContext, in_folder: Path, make: Callable[[], Any]
) -> None:
    child = processes.Process(target=in_folder_of, args=(in_folder, make))
    child.start()
    reads = 0
    while child.is_alive():
        reads += 1
        try:
            assert list_sweeps().empty
        except AnalysisError as error:
            assert str(error).startswith("no sweep here yet")
        time.sleep(0.05)  # MLflow waits five seconds for who reads, and no longer
    child.join()
    assert (child.exitcode, reads > 3) == (0, True)


def test_who_makes_the_store_waits_for_another_tool_that_makes_it(
    processes: ForkServerContext, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_STILL_S", 60.0)  # a busy machine is slow
    child = processes.Process(target=in_folder_of, args=(in_folder, make_as_mlflow_does))
    child.start()
    store = in_folder / "mlflow.db"
    while not (store.exists() and store.stat().st_size):  # it has begun
        time.sleep(0.01)
    open_store().create_experiment("s")
    child.join(timeout=100)
    assert child.exitcode == 0
    assert len(open_store().search_experiments()) == 2


def store_with_a_run() -> None:
    client = open_store()
    client.create_run(client.create_experiment("s"), tags={Tag.KIND: KIND_SWEEP, Tag.SWEEP: "s"})


def set_revision(database: str, revision: str) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


@pytest.mark.parametrize(
    ("database", "check", "revision", "told", "mend"),
    [
        ("mlflow.db", "MLflow", "27a6a02d2cf1", "older MLflow", "mlflow db upgrade sqlite:///"),
        ("mlflow.db", "MLflow", "ffffffffffff", "newer MLflow", "pip install --upgrade mlflow"),
        ("optuna.db", "Optuna", "v2.6.0.a", "older Optuna", "optuna storage upgrade --storage sql"),
        ("optuna.db", "Optuna", "v99", "newer Optuna", "pip install --upgrade optuna"),
    ],
)
def test_tables_of_another_version_are_told_whole_with_what_to_do(
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
    database: str,
    check: str,
    revision: str,
    told: str,
    mend: str,
) -> None:
    store_with_a_run() if check == "MLflow" else open_optuna()
    assert all(CHECKS[name]()[0] for name in ("MLflow", "Optuna"))
    set_revision(database, revision)
    before = Path(database).read_bytes()
    fine, message = CHECKS[check]()
    assert not fine
    assert message.startswith(f"sqlite:///{in_folder / database} has the tables of a")
    assert told in message and mend in message and "\n" not in message
    if check == "MLflow":
        assert run(["table", "s"]) == 2
        assert capsys.readouterr().err == f"spikesweep: {message}\n"
        assert Ledger(["0" * 64]).trouble == message
    else:
        with pytest.raises(schema.SchemaError) as raised:
            open_optuna()
        assert str(raised.value) == message
    assert Path(database).read_bytes() == before


def test_the_command_that_is_named_mends_an_old_store(in_folder: Path) -> None:
    """A store of MLflow 2.9 with an experiment in it."""
    engine = create_engine("sqlite:///mlflow.db")
    Base.metadata.create_all(engine)
    config = Config()
    config.set_main_option("script_location", str(Path(db_migrations.__file__).parent))
    config.set_main_option("sqlalchemy.url", "sqlite:///mlflow.db")
    command.upgrade(config, "acf3f17fdcc7")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO experiments (experiment_id, name, lifecycle_stage)"
            " VALUES (0, 'Default', 'active'), (1, 's', 'active')"
        )
    engine.dispose()
    with pytest.raises(schema.SchemaError) as raised:
        open_store()
    words = shlex.split(str(raised.value).partition("then: ")[2])
    subprocess.run([sys.executable, "-m", *words], check=True, timeout=200)
    names = {found.name for found in open_store().search_experiments()}
    assert names == {"Default", "s"}


def test_a_database_of_something_else_is_no_store(in_folder: Path) -> None:
    connection = sqlite3.connect("mlflow.db")
    with connection:
        connection.execute("CREATE TABLE notes (text)")
        connection.execute("INSERT INTO notes VALUES ('kept')")
    connection.close()
    assert not store_exists()
    open_store()
    connection = sqlite3.connect("mlflow.db")
    assert connection.execute("SELECT text FROM notes").fetchall() == [("kept",)]
    connection.close()
