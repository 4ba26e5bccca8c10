"""A trained LIF network as a graph of the Neuromorphic Intermediate Representation (NIR).

Source: Pedersen et al., "Neuromorphic intermediate representation", 2024. NIR says what neurons
compute in continuous time, with times in seconds:

    τ v' = (v_leak − v) + R I,   v ≥ v_threshold: a spike, and v ← v_reset

Input: the encoded spikes or currents of N pixels at every step of `dt` (the spike code is no part
of the graph); output: the readout's trace over time (its maximum, mean or last value, which gives
the logits, is no part of it either). Both stand in the graph's metadata.

Kept: weights, biases and recurrent connections (a spike acts at the next step); the reset to zero,
at once, by setting v and not by subtraction; the leak. A consumer that steps by `dt`, holds its
input during a step, and looks for spikes after it, gives the same spikes:

    exact   it solves the equation within a step: τ is the configuration's
    euler   it takes v + dt · v' (snnTorch, Norse and others): τ = dt / (1 − exp(−dt / τ)), so that
            this, too, is exactly our decay

In both, R = 1 / (1 − exp(−dt / τ)), as a current of 1 during one step raises our v by 1. A synaptic
filter (`tau_syn`) is NIR's CubaLIF, for consumers that filter the current first, then step the
neuron. Not kept: whether a potential that equals the threshold fires (here it does; for NIR v must
be above it), and the surrogate gradients, which only training needs.

snnTorch reads the hidden layers only: it knows no neuron without spikes such as the readout (NIR's
LI). Give it the graph without the nodes `readout.weight` and `readout`.

Refused, as NIR has no such neuron: ALIF, Izhikevich, the non-spiking baseline, and the LIF neuron
whose reset takes the next current with it, as published.
"""

from __future__ import annotations

from typing import Literal

import nir
import numpy as np
import numpy.typing as npt
from torch import Tensor

from snn.config import TrialConfig
from snn.errors import ExportError
from snn.kernels import Layer
from snn.networks import Network
from snn.networks.spiking import SpikingNetwork
from snn.neurons import LIF, Synapse

Solver = Literal["exact", "euler"]
_S_PER_MS = 1e-3
_Floats = npt.NDArray[np.float32] | np.float32


def to_nir(network: Network, solver: Solver = "exact") -> nir.NIRGraph:
    """The network as a NIR graph: input, layer by layer weights and neurons, readout, output.

    Args:
        network: Of LIF neurons.
        solver: How the consumer steps; see above.

    Raises:
        ExportError: The network has neurons that NIR has no name for.
    """
    config = network.config
    has_neurons = "nir" in config.component("neuron").formats
    if config.has_own_network:
        raise ExportError(
            f"network: {config.network} has no counterpart in NIR; layers of lif have"
        )
    if not isinstance(network, SpikingNetwork) or not has_neurons or config.dynamics != "lif":
        raise ExportError(f"dynamics: {config.dynamics!r} has no counterpart in NIR; lif has")
    if config.reset_takes_current:
        raise ExportError(
            "reset_takes_current: a LIF neuron that is reset together with its next current has no "
            "counterpart in NIR; one with reset_takes_current: false has"
        )
    nodes: dict[str, nir.NIRNode] = {"input": nir.Input(np.array([network.n_pixels]))}
    edges: list[tuple[str, str]] = []
    last = "input"
    for number, layer in enumerate(network.kernel_layers(), start=1):
        weight, neurons = f"layer{number}.weight", f"layer{number}.neurons"
        nodes[weight] = nir.Linear(_weight(layer.weight))
        nodes[neurons] = _neurons(config, layer, solver)
        edges += [(last, weight), (weight, neurons)]
        if layer.recurrent is not None:
            recurrent = f"layer{number}.recurrent"
            nodes[recurrent] = nir.Linear(_weight(layer.recurrent))
            edges += [(neurons, recurrent), (recurrent, neurons)]
        last = neurons
    readout, classes = network.readout, np.ones(network.n_classes, dtype=np.float32)
    bias = readout.bias.detach().cpu().numpy()
    tau, r = _leak(config.tau_out, config.dt, solver)
    nodes["readout.weight"] = nir.Affine(_weight(readout.weight), bias)
    nodes["readout"] = nir.LI(tau=tau * classes, r=r * classes, v_leak=0 * classes)
    nodes["output"] = nir.Output(np.array([network.n_classes]))
    edges += [(last, "readout.weight"), ("readout.weight", "readout"), ("readout", "output")]
    return nir.NIRGraph(nodes, edges, metadata=_metadata(config, solver))


def _neurons(config: TrialConfig, layer: Layer, solver: Solver) -> nir.NIRNode:
    ones = np.ones(layer.weight.shape[1], dtype=np.float32)
    neuron = layer.neuron.neuron if isinstance(layer.neuron, Synapse) else layer.neuron
    assert isinstance(neuron, LIF)
    tau, r = _leak(neuron.tau, config.dt, solver)
    threshold = config.threshold * ones
    if config.tau_syn is None:
        return nir.LIF(
            tau=tau * ones, r=r * ones, v_leak=0 * ones, v_threshold=threshold, v_reset=0 * ones
        )
    tau_syn, w_in = _leak(config.tau_syn, config.dt, solver)
    return nir.CubaLIF(
        tau_syn=tau_syn * ones,
        tau_mem=tau * ones,
        r=r * ones,
        v_leak=0 * ones,
        v_threshold=threshold,
        v_reset=0 * ones,
        w_in=w_in * ones,
    )


def _leak(tau_ms: float | Tensor, dt_ms: float, solver: Solver) -> tuple[_Floats, _Floats]:
    """τ in seconds, and R; one of each neuron where τ is."""
    given = tau_ms.detach().cpu().numpy() if isinstance(tau_ms, Tensor) else tau_ms
    tau = np.asarray(given, dtype=np.float64)
    forgotten = -np.expm1(-dt_ms / tau)
    tau = {"exact": tau, "euler": dt_ms / forgotten}[solver]
    return np.float32(tau * _S_PER_MS), np.float32(1 / forgotten)


def _weight(weight: Tensor) -> npt.NDArray[np.float32]:
    """(outputs, inputs), as NIR has it."""
    array: npt.NDArray[np.float32] = weight.detach().cpu().numpy().T.copy()
    return array


def _metadata(config: TrialConfig, solver: Solver) -> dict[str, str | float]:
    kept = ("encoding", "n_steps", "readout", "encoder_tau", "encoder_threshold")
    told = {key: value for key, value in config.params().items() if key in kept}
    return {"dt": config.dt * _S_PER_MS, "solver": solver, **told}
