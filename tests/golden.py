"""Run golden vectors of the published model through `preset: published`.

    python tests/golden.py FILE.npz        (its .json beside it)

A case passes when input and hidden spikes are equal, and logits, readout trace, loss and every
gradient agree to 1e-4 relative to the largest value of the tensor. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from snn.config import TrialConfig
from snn.encoding.latency import firing_steps
from snn.networks.spiking import SpikingNetwork

RELATIVE = 1e-4
SURROGATES = {"FastSigmoid": "fast_sigmoid", "Phi": "phi"}
PARAMETERS = {"forward_weights": "weight", "recurrent_weights": "recurrent", "bias_weights": "bias"}


def network_of(case: dict[str, Any], arrays: dict[str, np.ndarray], backend: str) -> SpikingNetwork:
    """The network of a case, with the weights of the case."""
    config = TrialConfig.parse(
        {
            "preset": "published",
            "backend": backend,
            "dynamics": case["dynamics"].lower(),
            "recurrent": case["recurrent"],
            "learn_beta": any(name.endswith(".beta") for name in arrays),
            "encoding": "periodic" if case["periodic"] else "latency",
            "encoder_tau": case["encoder_tau"],
            "surrogate": SURROGATES[case["spike_func"]],
            "hidden": list(case["hidden"]),
            "n_steps": case["n_steps"],
            "dt": case["dt"] * 1e3,
            **published_times(case),
        }
    )
    network = SpikingNetwork(config, n_pixels=arrays["pixels"].shape[1])
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for name, values in arrays.items():
            if name.startswith("w:"):
                parameters[ours(name[2:])].copy_(torch.from_numpy(values))
    return network


def published_times(case: dict[str, Any]) -> dict[str, float]:
    """Time constants of the published model, which are multiples of dt."""
    dt = case["dt"] * 1e3
    tau_mem = 10 * dt if case["dynamics"] == "LIF" else 20 * dt
    return {"tau_mem": tau_mem, "tau_adapt": 200 * dt, "tau_out": 10 * dt}


def ours(name: str) -> str:
    """Our name of a published parameter: `layers.hidden_0.beta` is `layers.1.neuron.raw_beta`."""
    _, layer, parameter = name.split(".")
    if layer == "readout":
        return f"readout.{PARAMETERS[parameter]}"
    index = 0 if layer == "input" else int(layer.removeprefix("hidden_")) + 1
    last = "neuron.raw_beta" if parameter == "beta" else PARAMETERS[parameter]
    return f"layers.{index}.{last}"


def mistakes(
    case: dict[str, Any],
    arrays: dict[str, np.ndarray],
    backend: str = "auto",
    device: str = "cpu",
) -> list[str]:
    """What differs between our network and the published one, in words; empty if nothing does."""
    network = network_of(case, arrays, backend).to(device)
    pixels = torch.from_numpy(arrays["pixels"]).to(device)
    labels = torch.from_numpy(arrays["labels"]).long().to(device)
    activity, record = network(pixels), network.record(pixels)
    loss = functional.cross_entropy(activity.logits, labels)
    loss.backward()  # type: ignore[no-untyped-call]

    found = [unequal("input spikes", activity.drive.dense(), arrays["input_spikes"])]
    layers = ["input", *(f"hidden_{i}" for i in range(len(record.spikes) - 1))]
    for layer, spikes, counts in zip(layers, record.spikes, activity.counts, strict=True):
        found.append(unequal(f"spikes of {layer}", spikes, arrays[f"spikes:{layer}"]))
        found.append(far(f"counts of {layer}", counts, spikes.detach().sum(dim=0).cpu().numpy()))
    found += [
        far("trace", record.trace.transpose(0, 1), arrays["trace"]),
        far("logits", activity.logits, arrays["logits"]),
        far("loss", loss, np.float32(case["loss"])),
    ]
    parameters = dict(network.named_parameters())
    for name, expected in arrays.items():
        if name.startswith("g:"):
            found.append(far(f"gradient of {name[2:]}", parameters[ours(name[2:])].grad, expected))
    return [line for line in found if line]


def unequal(what: str, spikes: Tensor, packed: np.ndarray) -> str:
    """Spikes (T, B, H) against packed bits (B, T, ·)."""
    expected = np.unpackbits(packed, axis=-1, count=spikes.shape[-1])
    different = int((spikes.detach().transpose(0, 1).cpu().numpy() != expected).sum())
    return f"{different} of {expected.size} {what} differ" if different else ""


def far(what: str, value: Tensor | None, expected: np.ndarray | np.float32) -> str:
    """A tensor against its golden value; an empty golden array means that there is no gradient."""
    if value is None or expected.size == 0:
        return "" if value is None and expected.size == 0 else f"{what}: present on one side only"
    error = np.abs(value.detach().cpu().numpy() - expected).max()
    size = np.abs(expected).max()
    return f"{what}: off by {error:.2e} at size {size:.2e}" if error > RELATIVE * size else ""


def wrong_tables(archive: Any) -> list[str]:
    """Names of the encoder tables that ours do not equal."""
    wrong = []
    for key in archive.files:
        if key.startswith("encoder/"):
            _, tau, n_steps = key.split("/")
            config = TrialConfig(encoder_tau=float(tau[3:]), n_steps=int(n_steps[1:]))
            if not np.array_equal(firing_steps(config).numpy(), archive[key]):
                wrong.append(key)
    return wrong


def main(file: str, device: str = "cpu") -> int:
    """Run all cases of a file; the exit code is 0 only if all pass."""
    archive = np.load(file)
    tables = wrong_tables(archive)
    for table in tables:
        print(f"{table}: differs")
    passed = 0
    cases = json.loads(Path(file).with_suffix(".json").read_text())
    for case in cases:
        key = case["key"]
        arrays = {n.split("/", 1)[1]: archive[n] for n in archive.files if n.startswith(f"{key}/")}
        found = mistakes(case, arrays, device=device)
        passed += not found
        print(f"{key} {case['dynamics']:<10} {'; '.join(found) or 'ok'}")
    failed = len(cases) - passed + len(tables)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/golden.py FILE.npz")
    sys.exit(main(sys.argv[1]))
