"""The GPU code beyond what every backend must fulfil: wide layers, and that it compiles for GPUs.

Its numbers are held to the reference in `contracts/test_kernels.py`, in Triton's interpreter where
there is no GPU.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import torch

from snn.kernels.gpu import layers
from tests.contracts.test_kernels import are_clear, around, assert_same, case

SHARED_MEMORY = 99 * 1024  # of one program, on the smallest GPUs that we support

_COMPILE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from snn.kernels.gpu import adam
from snn.kernels.gpu import draws
from snn.kernels.gpu import events
from snn.kernels.gpu import loops
from snn.kernels.gpu import readout

modules = dict(adam=adam, draws=draws, events=events, loops=loops, readout=readout)
kinds = dict(pixels="*u8", table="*i64", spikes="*u8", high="*fp16", low="*fp16", key="*i64")
kinds |= dict.fromkeys(["order", "starts", "peaks"], "*i32")
kinds |= dict(units="*i16", offsets="*i64", first_bag="i32", found="*i32")
kinds |= dict(arrived="*i32", first_step="i32", last_step="i32")
kinds |= dict.fromkeys(["log_kappa", "rest"], "fp32") | dict.fromkeys(["size", "delay"], "i32")
kinds |= dict.fromkeys(["weight_decay", "second", "first_rest", "second_rest"], "fp32")
kinds |= dict.fromkeys(["log_first", "log_second", "epsilon"], "fp32")
kinds |= dict.fromkeys(["rho", "sigma", "threshold", "slope"], "fp32")
kinds |= dict.fromkeys(["takes_current", "adapts", "gain", "delta"], "fp32")
kinds |= dict.fromkeys(["image_stride", "step_stride"], "i32")
def shared_memory(capability, kernel, constants, warps):
    module, name = kernel.split(".")
    function = getattr(modules[module], name)
    signature = {
        name: "constexpr" if name in constants
        else kinds.get(name, "i32" if name.startswith("n_") else "*fp32")
        for name in function.arg_names
    }
    made = triton.compile(
        ASTSource(function, signature, constants),
        target=GPUTarget("cuda", capability, 32),
        options=dict(num_warps=warps),
    )
    assert made.asm["cubin"]
    return made.metadata.shared

shared = [
    [shared_memory(capability, *each) for each in wanted]
    for capability, wanted in json.loads(sys.argv[1])
]
print(json.dumps(shared))
"""

TIME_LOOPS: list[tuple[str, dict[str, Any]]] = [
    ("forward", {"family": 0, "surrogate": 0, "learns": True, "learns_alpha": False}),
    ("forward", {"family": 0, "surrogate": 1, "learns": True, "learns_alpha": True}),
    ("backward", {"family": 0, "with_counts": True, "learns_alpha": False}),
    ("backward", {"family": 0, "with_counts": True, "learns_alpha": True}),
    *(
        kernel
        for family in (1, 2, 3)
        for kernel in (
            ("forward", {"family": family, "surrogate": 0, "learns": True, "learns_alpha": True}),
            ("backward", {"family": family, "with_counts": False, "learns_alpha": True}),
        )
    ),
]
PRECISION = {"forward": {}, "backward": {"precision": "bf16x3"}}
INPUTS: list[tuple[str, dict[str, Any], int]] = [
    ("events.sort_events", {"width": 1024, "slots": 128}, 4),
    ("events.sum_rows", {"width": 1024, "slots": 128, "block": 128}, 1),
    ("events.sum_rows_backward", {"images": 64, "block": 32}, 4),
    ("events.sum_packed", {"block": 128}, 1),
    ("events.count_packed", {}, 1),
    ("draws.draw_product", {"block": 32}, 4),
    ("draws.draw_product_backward", {"block": 32}, 4),
    ("loops.halves", {"block": 4096}, 16),
    ("adam.update", {"block": 1024}, 4),
    ("readout.outer", {"block_in": 64, "block_out": 64}, 4),
    *(
        kernel
        for mode in (0, 1)
        for kernel in (
            ("readout.read", {"mode": mode, "block": 64}, 4),
            ("readout.read_backward", {"mode": mode, "classes": 64, "block": 64}, 4),
        )
    ),
]
ALONE = [(32, 0, 4), (128, 1, 8), (32, 2, 4)]  # neurons in a program, recurrence, warps
WIDE = [(256, 64), (512, 32)]  # of a layer and in a program, on the smallest GPUs


CAPABILITIES = {80: (0, 1, 2, 3), 90: (0, 1)}  # with the families; the smaller GPUs hold less


def wanted(capability: int) -> list[tuple[str, dict[str, Any], int]]:
    """Loops with their constants and warps."""
    families = CAPABILITIES[capability]
    return [
        *INPUTS,
        *(
            (
                f"loops.{name}",
                rest | PRECISION[name] | {"block": block, "recurrence": recurrence},
                warps,
            )
            for name, rest in TIME_LOOPS
            for block, recurrence, warps in ALONE
            if recurrence or rest["family"] == 0  # those that hold more
            if rest["family"] in families
        ),
        *(
            (
                f"loops.wide_{name}",
                rest | PRECISION[name] | {"width": width, "block": block, "single": False},
                8,
            )
            for name, rest in TIME_LOOPS
            for width, block in WIDE
            if rest["learns_alpha"]  # the most that a program may hold
            if rest["family"] == 0 or (rest["family"] == 1 and width == 512)
        ),
    ]


@pytest.fixture(scope="module")
def shared() -> list[list[int]]:
    """The shared memory of each, by one process, as this one may have Triton's interpreter."""
    environment = {name: v for name, v in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _COMPILE,
            json.dumps([[each, wanted(each)] for each in CAPABILITIES]),
        ],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: list[list[int]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_loop_compiles_for_real_gpus_and_fits(
    shared: list[list[int]], capability: int
) -> None:
    mine = shared[[*CAPABILITIES].index(capability)]
    assert len(mine) == len(wanted(capability))
    assert max(mine) <= SHARED_MEMORY


IN_COMPANY, BY_STEP = 512, 0  # the most neurons whose processors share a layer
WIDE_LAYERS: list[tuple[int, dict[str, Any]]] = [
    (IN_COMPANY, {"learn_beta": True}),
    (IN_COMPANY, {"learn_tau_mem": True, "tau_syn": 4.0}),
    (IN_COMPANY, {"dynamics": "adlif", "tau_syn": 4.0}),
    (BY_STEP, {"learn_beta": True, "learn_tau_mem": True, "tau_syn": 4.0}),
    (BY_STEP, {"dynamics": "brf"}),
]


@pytest.mark.parametrize(("most_in_company", "keys"), WIDE_LAYERS)
def test_wide_recurrent_layers_give_the_reference(
    monkeypatch: pytest.MonkeyPatch, most_in_company: int, keys: dict[str, Any]
) -> None:
    monkeypatch.setattr(layers, "_MOST_IN_COMPANY", most_in_company)
    hidden, n_steps, batch = [400, 150], 12, 20
    if not torch.cuda.is_available():  # the interpreter takes a minute for what a GPU does at once
        monkeypatch.setattr(layers, "_RESIDENT", 16)
        monkeypatch.setattr(layers, "_COMPANY", (16,))
        hidden, n_steps, batch = [33, 20], 4, 17
    wide = {"recurrent": True, "hidden": hidden, "n_steps": n_steps, "encoder_tau": 4.0}
    at = case(wide | keys, batch, 40, device="cuda" if torch.cuda.is_available() else "cpu")
    shifted = [*around(at)]
    assert are_clear(shifted)
    outcome = assert_same("cuda", at, shifted)
    assert all(counts.sum() > 0 for counts in outcome.counts)
