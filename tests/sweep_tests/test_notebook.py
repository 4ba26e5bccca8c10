"""A sweep in a notebook, interrupted and resumed, is the sweep of the same YAML."""

from __future__ import annotations

import asyncio
import io
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from analysis import load_runs
from tests.sweep_tests.workplace import Workplace, wait_until

DEFINE = """
from sweep import Sweep

sweep = Sweep(
    name="which-code",
    plugins=["held.py"],  # which waits half-way
    base={"dataset": "digits", "n_steps": 10, "epochs": 12, "lr_schedule": "held"},
    search={"encoding": ["latency", "constant"]},
    sampler="grid",  # others draw other configurations after a resume
    scheduler={"name": "asha", "grace": 1},
)
sweep
"""
RUN = "result = sweep.run()\nresult"
RESUME = "result = sweep.run(resume=True)\nresult"
LEADERS = "print(result.leaders.to_json(double_precision=15))\nresult"
BEST = """
import torch

best = result.best()
network = best.network()
print(best.config.dataset, isinstance(network, torch.nn.Module), best.checkpoint.name)
"""
MEASURED = ["state", "best_val_accuracy", "test_accuracy", "test_loss", "train_loss"]


class Notebook:
    """A fresh kernel in a folder; cells are run in it one after the other."""

    def __init__(self, place: Workplace) -> None:
        self.notebook = nbformat.v4.new_notebook()
        self.client = NotebookClient(
            self.notebook,
            timeout=240,
            kernel_name="python3",
            resources={"metadata": {"path": str(place.folder)}},
        )
        self.environment = place.environment | {"IPYTHONDIR": str(place.folder / "ipython")}

    def run(self, source: str) -> list[Any]:
        """The outputs of a cell."""
        self.notebook.cells.append(nbformat.v4.new_code_cell(source))
        number = len(self.notebook.cells) - 1
        return list(self.client.execute_cell(self.notebook.cells[number], number).outputs)


def texts(outputs: list[Any]) -> str:
    return "".join(output.text for output in outputs if output.output_type == "stream")


def shown(outputs: list[Any], kind: str) -> list[str]:
    """The HTML that cells display, or have for a result."""
    return [output.data["text/html"] for output in outputs if output.output_type == kind]


@pytest.fixture
def notebook(place: Workplace) -> Iterator[Notebook]:
    notebook = Notebook(place)
    with notebook.client.setup_kernel(env=notebook.environment):
        yield notebook


def _interrupt_in_training(notebook: Notebook, folder: Path, go: Path) -> threading.Thread:
    """Do what the button does, once a trial has done an epoch."""

    def interrupt() -> None:
        wait_until(lambda: any(folder.glob("ray_results/which-code/1/trials/*/last.pt")), 240)
        asyncio.run(notebook.client.km.interrupt_kernel())
        go.touch()

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


@pytest.mark.timeout(600)  # three sweeps
def test_a_notebook_runs_stops_and_resumes_what_the_command_line_runs(
    notebook: Notebook, place: Workplace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plugin, go = place.held()
    (sweep,) = shown(notebook.run(DEFINE), "execute_result")
    assert "which-code: 2 configurations × 1 seed" in sweep

    thread = _interrupt_in_training(notebook, place.folder, go)
    outputs = notebook.run(RUN)
    thread.join()
    assert "interrupted; every finished epoch is kept" in texts(outputs)
    assert "go on with: sweep.run(resume=True)" in texts(outputs)
    assert "Result of which-code: interrupted" in shown(outputs, "execute_result")[0]

    outputs = notebook.run(RESUME)
    assert "0 running" in shown(outputs, "display_data")[0]  # the live table, at its end
    assert "<table" in shown(outputs, "execute_result")[0]
    assert "interrupted" not in shown(outputs, "execute_result")[0]

    leaders = pd.read_json(io.StringIO(texts(notebook.run(LEADERS))))
    assert texts(notebook.run(BEST)).split() == ["digits", "True", "best.pt"]

    other = Workplace(tmp_path_factory.mktemp("command-line"))
    (other.folder / "which-code.yaml").write_text(_yaml(notebook))
    shutil.copy(place.folder / plugin, other.folder)
    done = other.run("run", "which-code.yaml")
    assert done.returncode == 0, done.stderr
    theirs = load_runs(["which-code"], other.store).set_index("config_id")
    ours = load_runs(["which-code"], place.store).set_index("config_id").loc[theirs.index]
    assert len(theirs) == 2 and (theirs["state"] == "done").any()
    pd.testing.assert_frame_equal(ours[MEASURED], theirs[MEASURED], check_exact=True)
    assert leaders["test_accuracy_mean"].max() == pytest.approx(ours["test_accuracy"].max())


def _yaml(notebook: Notebook) -> str:
    return texts(notebook.run("print(sweep.to_yaml())"))
