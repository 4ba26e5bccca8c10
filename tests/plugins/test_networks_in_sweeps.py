"""A snnTorch network and one of plain torch in a sweep: killed, resumed, kept, predicted with."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from snn import registry
from snn.config import TrialConfig
from snn.data import load
from snn.declarations.files import read_file
from snn.training.checkpoints import checkpoint
from snn.training.trainer import Trainer
from sweep.results.result import Result
from sweep.spec.parsing import parse_sweep
from tests.sweep_tests.workplace import Workplace, stop, wait_until

HERE = Path(__file__).parent
PLAIN, SNNTORCH = "nets/plain_network.py:build", "nets/snntorch_network.py:build"
NETS = {
    "name": "nets",
    "base": {"dataset": "digits", "epochs": 3, "n_steps": 5, "encoding": "constant", "width": 8},
    "search": {
        "network": [SNNTORCH, PLAIN],
        "channels": {"choice": [2, 3], "when": {"network": PLAIN}},
    },
    "sampler": "grid",
    "trials": None,
    "seeds": [0, 1],
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    (tmp_path / "nets").mkdir()
    for name in ("plain_network.py", "snntorch_network.py"):
        shutil.copy(HERE / name, tmp_path / "nets")
    yield Workplace(tmp_path)
    registry.use(registry.OURS)


def measured(metrics: Mapping[str, float]) -> list[float]:
    """What a clock does not measure."""
    names = ("train_loss", "val_loss", "val_accuracy", "test_loss", "test_accuracy")
    return [metrics[name] for name in names]


def undisturbed(config: TrialConfig) -> list[float]:
    """The same of a training in one piece, as a worker does it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        trainer = Trainer(config, load("digits"))
        while not trainer.done:
            trainer.train_epoch()
        return measured(trainer.history[-1] | trainer.test_best()[0])
    finally:
        torch.set_num_threads(before)


def test_networks_of_users_are_searched_killed_and_resumed_to_the_same_numbers(
    place: Workplace, tmp_path: Path
) -> None:
    spec = place.spec(**NETS)
    outbox = tmp_path / "ray_results" / "nets" / "1" / "outbox.jsonl"
    killed = place.start("run", spec)
    wait_until(
        lambda: (
            (outbox.exists() and '"do":"epoch"' in outbox.read_text()) or killed.poll() is not None
        )
    )
    assert stop(killed, signal.SIGKILL) == -signal.SIGKILL, (tmp_path / "log").read_text()
    resumed = place.run("run", spec, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    runs = place.runs("nets")
    assert len(runs) == 6
    for run in runs:
        assert place.epochs(run) == [1, 2, 3]
        params = run.data.params
        if params["network"] == "plain_network.py:build":
            assert params["channels"] in ("2", "3") and "n_steps" not in params
        else:
            assert params["width"] == "8" and params["encoding"] == "constant"
            assert "spikes_per_inference" in run.data.metrics
        assert "hidden" not in params and "dynamics" not in params

    assert {run.data.tags["spikesweep.config_id"]: measured(run.data.metrics) for run in runs} == {
        config.config_id: undisturbed(config)
        for config in parse_sweep(NETS, folder=tmp_path).configs()
    }

    table = place.run("table", "nets").stdout
    assert "ConvNet" in table and "plain_network.py:build" not in table
    assert "plain_network.py:build" in place.run("table", "nets", "--format", "csv").stdout
    assert "best.pt" in place.run("best", "nets").stdout
    assert place.run("report", "nets", "-o", "report").returncode == 0
    files = {
        run.data.params["network"].partition(":")[0]: run.data.tags["spikesweep.checkpoint"]
        for run in runs
    }
    registry.use(registry.OURS)  # as in a process of its own
    given = (files["plain_network.py"],)  # its launch in this folder has kept the file
    exported = place.run("export", *given, "-o", "nets.onnx")
    assert exported.returncode == 0, exported.stderr
    session = onnxruntime.InferenceSession(tmp_path / "nets.onnx")
    pixels = load("digits").test_images[:7].copy()
    (logits,) = session.run(["logits"], {"pixels": pixels})
    network = checkpoint.load_network(given[0], [read_file(HERE / "plain_network.py")])[0]
    ours = network.probabilities(torch.from_numpy(pixels))
    torch.testing.assert_close(torch.from_numpy(logits).softmax(dim=1), ours)
    nir = place.run("export", *given, "-o", "nets.nir")
    assert nir.returncode == 2 and "has no counterpart in NIR" in nir.stderr
    given = files["snntorch_network.py"], "--plugin", "nets/snntorch_network.py"
    refused = place.run("export", *given, "-o", "spikes.onnx")
    assert refused.returncode == 2 and "takes encoded spikes" in refused.stderr

    shutil.rmtree(tmp_path / "nets")  # the launch has kept what its networks need
    registry.use(registry.OURS)
    guess = place.run("predict", "nets", "test:0")
    assert guess.stdout.startswith("test:0"), guess.stderr
    assert registry.current() is registry.OURS  # a network brings its own
    assert_served_as_here(place)
    assert_its_file_is_named_and_as_it_was(place, Path(files["plain_network.py"]))


def assert_served_as_here(place: Workplace) -> None:
    """The registered network answers as here, in a process that knows nothing of the sweep."""
    best = place.run("best", "nets", "--register", "nets")
    assert best.returncode == 0, best.stderr
    assert best.stdout.split()[-1] == "models:/nets/1"
    (place.folder / "served").mkdir()
    code = (
        "import mlflow.pyfunc, numpy, snn\n"
        "pixels = snn.load('digits').test_images[:50]\n"
        "numpy.save('answer', mlflow.pyfunc.load_model('models:/nets/1').predict(pixels))\n"
    )
    served = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=place.folder / "served",
        env=place.environment | {"MLFLOW_TRACKING_URI": place.store},
        capture_output=True,
        text=True,
    )
    assert served.returncode == 0, served.stderr
    with contextlib.chdir(place.folder):
        network = Result.read("nets").best().network()
    pixels = torch.from_numpy(load("digits").test_images[:50].copy())
    answer = torch.from_numpy(np.load(place.folder / "served" / "answer.npy"))
    assert torch.equal(network.probabilities(pixels), answer)  # type: ignore[operator]


def assert_its_file_is_named_and_as_it_was(place: Workplace, checkpoint: Path) -> None:
    """Files beside a checkpoint of another folder, or changed ones, are not run."""
    launch, other = checkpoint.parents[2], place.folder / "other" / "nets" / "1"
    shutil.copytree(launch, other)
    moved = str(other / checkpoint.relative_to(launch))
    refused = place.run("predict", moved, "test:0")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "needs plain_network.py (SHA-256 " in refused.stderr
    assert "which is not here; name it: --plugin FILE" in refused.stderr
    (kept,) = other.rglob("plain_network.py")
    assert place.run("predict", moved, "test:0", "--plugin", str(kept)).returncode == 0
    changed = place.folder / "plain_network.py"
    changed.write_text(kept.read_text() + "\nopen('it_ran', 'w')\n")
    refused = place.run("predict", moved, "test:0", "--plugin", changed.name)
    assert refused.returncode == 2
    assert "plain_network.py has changed since it was trained" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (place.folder / "it_ran").exists()


def test_a_broken_network_ends_in_one_line_before_anything_is_made(place: Workplace) -> None:
    file = place.folder / "nets" / "plain_network.py"
    file.write_text(file.read_text().replace("n_classes),\n    )", "3),\n    )"))
    spec = place.spec(**NETS)
    before = {path.name for path in place.folder.iterdir()}
    for command in (("run", spec, "--dry-run"), ("train", "--set", f"network={PLAIN}")):
        refused = place.run(
            *command, *(["--set", "dataset=digits"] if command[0] == "train" else [])
        )
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "network: plain_network.py:build: cannot classify: logits: of shape (5, 3)" in (
            refused.stderr
        )
        assert refused.stderr.count("\n") == 1
    assert {path.name for path in place.folder.iterdir()} == before
