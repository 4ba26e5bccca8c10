"""Trained networks in the formats of others compute what ours do."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import nir
import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import torch

from snn import export
from snn.config import TrialConfig
from snn.errors import ExportError
from snn.export.nir_graph import to_nir
from snn.export.onnx_model import to_onnx
from snn.networks import Network, build
from snn.networks.spiking import SpikingNetwork

Array = npt.NDArray[Any]
N_PIXELS = 64


def network(**values: Any) -> Network:
    config = {"dataset": "digits", "n_steps": 40, "hidden": 24, "encoding": "constant"} | values
    return build(TrialConfig.parse(config), N_PIXELS).eval()


def spiking(**values: Any) -> SpikingNetwork:
    made = network(**values)
    assert isinstance(made, SpikingNetwork)
    return made


def images(n: int) -> torch.Tensor:
    """Every grey level, and the extremes often."""
    pixels = np.random.default_rng(n).integers(-99, 355, (n, N_PIXELS)).clip(0, 255)
    return torch.from_numpy(pixels.astype(np.uint8))


@pytest.mark.parametrize(
    "values",
    [
        {"dynamics": "lif", "encoding": "latency"},
        {"dynamics": "alif", "encoding": "periodic", "recurrent": True, "hidden": [12, 8]},
        {"dynamics": "izhikevich", "tau_syn": 5.0, "readout": "mean"},
        {"preset": "published", "dynamics": "alif", "encoding": "periodic", "readout": "last"},
        {"dynamics": "adlif", "recurrent": True},
        {"dynamics": "se_adlif", "encoding": "latency", "hidden": [12, 8]},
        {"dynamics": "brf", "readout": "mean"},
        {"dynamics": "mlp"},
        {"dynamics": "mlp", "pixel_threshold": 0.5},
    ],
    ids=lambda values: " ".join(str(value) for value in values.values()),
)
def test_onnx_gives_the_same_logits_and_classes(values: dict[str, Any]) -> None:
    ours = network(**values)
    session = onnxruntime.InferenceSession(to_onnx(ours).SerializeToString())
    for batch in (1, 9):
        pixels = images(batch)
        (theirs,) = session.run(["logits"], {"pixels": pixels.numpy()})
        with torch.no_grad():
            logits = ours(pixels).logits.numpy()
        assert np.abs(logits).max() > 0.1  # something happens in the network
        np.testing.assert_allclose(theirs, logits, atol=1e-4)
        assert (theirs.argmax(axis=1) == logits.argmax(axis=1)).all()


def test_an_onnx_file_does_not_grow_with_the_steps_but_by_their_numbers() -> None:
    short, long = (
        len(to_onnx(network(dynamics="lif", n_steps=n)).SerializeToString()) for n in (10, 1010)
    )
    assert long - short < 1000 * 8 + 100


@pytest.mark.parametrize(
    ("format", "values", "told"),
    [
        ("onnx", {"encoding": "poisson"}, "encoding: 'poisson' draws random spikes"),
        ("nir", {"dynamics": "alif"}, "dynamics: 'alif' has no counterpart in NIR"),
        ("nir", {"dynamics": "izhikevich"}, "dynamics: 'izhikevich' has no counterpart"),
        ("nir", {"dynamics": "mlp"}, "dynamics: 'mlp' has no counterpart"),
        ("nir", {"dynamics": "lif", "preset": "published"}, "reset_takes_current: a LIF neuron"),
    ],
)
def test_what_a_format_cannot_say_is_refused_in_one_line(
    tmp_path: Path, format: export.Format, values: dict[str, Any], told: str
) -> None:
    file = tmp_path / "model"
    with pytest.raises(ExportError, match=told) as refusal:
        export.write(network(**values), file, format)
    assert len(str(refusal.value).splitlines()) == 1
    assert not file.exists()


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "nir")
    with pytest.raises(ExportError, match=r"nir: the package nir is missing; install .\[export\]"):
        export.write(network(dynamics="lif"), tmp_path / "m.nir", "nir")


def written(ours: Network, folder: Path, solver: Any) -> nir.NIRGraph:
    export.write(ours, folder / "m.nir", "nir", solver)
    return nir.read(folder / "m.nir")


LEARNED = {"learn_tau_mem": True}


@pytest.mark.parametrize(
    "values", [{}, {"hidden": [16, 8]}, {"tau_syn": 3.0}, LEARNED, LEARNED | {"tau_syn": 3.0}]
)
def test_snntorch_reads_the_nir_file_and_gives_the_same_spikes(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    """It steps by 0.1 ms, always, by Euler's method, and knows no readout without spikes."""
    ours = spiking(dynamics="lif", dt=0.1, tau_mem=4.0, n_steps=100, **values)
    with torch.no_grad():
        for name, parameter in ours.named_parameters():
            if name.endswith("log_tau"):
                parameter += torch.linspace(-0.5, 0.5, len(parameter))
    graph = written(ours, tmp_path, "euler")
    with pytest.raises(ValueError, match=r"Unknown node type .*LI"):  # as `export` says
        in_snntorch(graph)
    theirs = in_snntorch(hidden_part(graph, f"layer{len(ours.layers)}.neurons"))
    pixels = images(5)
    spikes = ours.record(pixels).spikes[-1].detach()
    assert 0.001 < spikes.mean() < 0.5
    state, given = None, []
    with torch.no_grad():
        for drive in ours.encoder(pixels).dense():
            z, state = theirs(drive) if state is None else theirs(drive, state)
            given.append(z)
    assert torch.equal(torch.stack(given), spikes)


def hidden_part(graph: nir.NIRGraph, last: str) -> nir.NIRGraph:
    nodes = {k: v for k, v in graph.nodes.items() if not k.startswith(("readout", "output"))}
    edges = [edge for edge in graph.edges if set(edge) <= nodes.keys()]
    nodes["output"] = nir.Output(nodes[last].output_type)
    return nir.NIRGraph(nodes, [*edges, (last, "output")])


def in_snntorch(graph: nir.NIRGraph) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own are not ours to mend
        from snntorch.import_nir import import_from_nir

        return import_from_nir(graph)


@pytest.mark.parametrize("solver", ["exact", "euler"])
@pytest.mark.parametrize("values", [{"dt": 0.7}, {"recurrent": True, "hidden": [16, 8]}])
def test_nirs_own_equations_give_the_same_spikes_and_trace(
    tmp_path: Path, solver: str, values: dict[str, Any]
) -> None:
    ours = spiking(dynamics="lif", **values)
    graph = written(ours, tmp_path, solver)
    pixels = images(5)
    record = ours.record(pixels)
    outputs = integrate(graph, ours.encoder(pixels).dense().numpy(), float(graph.metadata["dt"]))
    for number, spikes in enumerate(record.spikes, start=1):
        assert spikes.mean() > 0.001
        np.testing.assert_array_equal(outputs[f"layer{number}.neurons"], spikes.detach().numpy())
    np.testing.assert_allclose(outputs["readout"], record.trace.detach().numpy(), atol=1e-4)


def integrate(graph: nir.NIRGraph, drive: Array, dt: float) -> dict[str, Array]:
    """Outputs (T, B, ·) of all nodes, by the equations of the NIR paper; dt in seconds."""
    solver = {
        "exact": lambda tau: -np.expm1(-dt / tau),
        "euler": lambda tau: dt / tau,
    }[str(graph.metadata["solver"])]
    batch = drive.shape[1]
    before = {name: np.zeros((batch, 1)) for name in graph.nodes}  # what recurrent edges bring
    potential = {name: np.zeros((batch, 1)) for name in graph.nodes}
    outputs: dict[str, list[Array]] = {name: [] for name in graph.nodes}
    for given in drive:
        now = {"input": given}
        for name in in_order(graph):
            node = graph.nodes[name]
            sources = [source for source, target in graph.edges if target == name]
            total = sum(now.get(source, before[source]) for source in sources)
            if isinstance(node, nir.Linear | nir.Affine):
                at_rest = total.shape[1] != node.weight.shape[1]  # nothing came yet
                total = np.zeros((batch, node.weight.shape[1])) if at_rest else total
                now[name] = total @ node.weight.T + getattr(node, "bias", 0)
                continue
            if name == "output":
                continue
            v = potential[name]
            v = v + solver(node.tau) * (node.v_leak - v + node.r * total)
            now[name] = v
            if isinstance(node, nir.LIF):
                now[name] = (v > node.v_threshold).astype(float)
                v = np.where(now[name] > 0, node.v_reset, v)
            potential[name] = v
        before |= now
        for name, value in now.items():
            outputs[name].append(value)
    return {name: np.stack(values) for name, values in outputs.items() if values}


def in_order(graph: nir.NIRGraph) -> list[str]:
    """Layer by layer; recurrent weights first, as they bring the spikes of the step before."""
    places = {"recurrent": 0, "weight": 1, "neurons": 2}
    layers = sorted(
        (name for name in graph.nodes if name.startswith("layer")),
        key=lambda name: (name.split(".")[0], places[name.split(".")[1]]),
    )
    return [*layers, "readout.weight", "readout"]


def test_nir_has_times_in_seconds_and_says_what_it_leaves_out() -> None:
    graph = to_nir(network(dynamics="lif", tau_mem=20.0, tau_out=10.0, encoding="latency"))
    assert graph.nodes["layer1.neurons"].tau == pytest.approx(0.020)
    assert graph.nodes["readout"].tau == pytest.approx(0.010)
    assert graph.metadata["dt"] == pytest.approx(0.001)
    assert (graph.metadata["encoding"], graph.metadata["readout"]) == ("latency", "max")
