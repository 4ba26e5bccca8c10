"""Hold the forms of a sweep's best network to each other on 1,000 test images of its data set.

    python -m tests.agreement NAME       (in the folder with the sweep's runs)

The forms: what `predict` computes, what `mlflow models serve` serves, ONNX in onnxruntime,
and, of LIF networks, NIR by the equations of its paper. Of a network of a user's, those that it
has. Registers the network as `agreement`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

import mlflow
import nir
import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from snn import export
from snn.data import load
from snn.errors import ExportError
from snn.networks import Network
from snn.networks.spiking import SpikingNetwork
from snn.training.checkpoints import checkpoint
from sweep.commands.parts.checkpoints import best_checkpoint
from sweep.spec.kept_files import files_for
from tests.serving import ask, served
from tests.snn_tests.export.test_export import integrate

IMAGES = 1000
BATCH = 100
Probabilities = NDArray[np.float64]


def main(name: str) -> int:
    """Print a line per form; the exit code is 0 if all agree."""
    file = best_checkpoint(name)
    network, _ = checkpoint.load_network(file, files_for(file, [name]))
    data = load(network.config.dataset, components=network.config.registry)
    images = data.test_images[:IMAGES].copy()
    ours = network.probabilities(torch.from_numpy(images)).double().numpy()
    print(f"{name}: {' '.join(f'{k}={v}' for k, v in network.config.params().items())}")
    agree = [_compare("served by MLflow", _served(name, images), ours)]
    with tempfile.TemporaryDirectory() as folder:
        for form, computed in (("ONNX", _onnx), ("NIR", _nir)):
            try:
                theirs = computed(network, images, Path(folder) / f"n.{form.lower()}")
                agree.append(_compare(form, theirs, ours))
            except ExportError as error:
                print(f"{form}: {error}")
    return 0 if all(agree) else 1


def _compare(form: str, theirs: Probabilities, ours: Probabilities) -> bool:
    same = int((theirs.argmax(axis=1) == ours.argmax(axis=1)).sum())
    difference = float(abs(theirs - ours).max())
    print(f"{form}: {same} of {len(ours)} classes equal, probabilities differ by {difference:.1e}")
    return same == len(ours) and difference < 1e-4


def _served(name: str, images: NDArray[np.uint8]) -> Probabilities:
    register = [sys.executable, "-m", "sweep.cli", "best", name, "--register", "agreement"]
    told = subprocess.run(register, check=True, capture_output=True, text=True).stdout
    environment = {**os.environ, "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()}
    with (
        tempfile.TemporaryDirectory() as folder,
        served(told.split()[-1], Path(folder), environment) as address,
    ):
        return np.concatenate([ask(address, part) for part in _parts(images)])


def _onnx(network: Network, images: NDArray[np.uint8], file: Path) -> Probabilities:
    export.write(network, file, "onnx")
    (logits,) = onnxruntime.InferenceSession(file).run(["logits"], {"pixels": images})
    return _softmax(torch.from_numpy(logits))


def _nir(network: Network, images: NDArray[np.uint8], file: Path) -> Probabilities:
    export.write(network, file, "nir")
    graph: Any = nir.read(file)
    spiking = cast(SpikingNetwork, network)
    found = []
    for part in _parts(images):
        drive = spiking.encoder(torch.from_numpy(part)).dense().numpy()
        trace = integrate(graph, drive, float(graph.metadata["dt"]))["readout"]
        found.append(spiking.readout.logits(torch.from_numpy(trace)))
    return _softmax(torch.cat(found))


def _parts(images: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return np.array_split(images, -(-len(images) // BATCH))


def _softmax(logits: torch.Tensor) -> Probabilities:
    probabilities: Probabilities = logits.double().softmax(dim=1).numpy()
    return probabilities


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
