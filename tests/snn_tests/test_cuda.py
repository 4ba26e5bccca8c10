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

from snn.kernels import cuda_loops
from tests.contracts.test_kernels import assert_same, case, is_clear

SHARED_MEMORY = 99 * 1024  # of one program, on the smallest GPUs that we support

_COMPILE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from snn.kernels import cuda_loops

capability, wanted = json.loads(sys.argv[1])
kinds = dict(pixels="*u8", table="*i64", spikes="*u8", high="*fp16", low="*fp16", key="*i64")
kinds |= dict.fromkeys(["rho", "sigma", "threshold", "slope"], "fp32")
kinds |= dict.fromkeys(["takes_current", "adapts"], "fp32")
kinds |= dict.fromkeys(["image_stride", "step_stride"], "i32")
shared = []
for kernel, constants, warps in wanted:
    function = getattr(cuda_loops, kernel)
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
    shared.append(made.metadata.shared)
print(json.dumps(shared))
"""

TIME_LOOPS: list[tuple[str, dict[str, Any]]] = [
    ("forward", {"surrogate": 0, "learns": True, "learns_alpha": False}),
    ("forward", {"surrogate": 1, "learns": True, "learns_alpha": True}),
    ("backward", {"with_counts": True, "precision": "bf16x3", "learns_alpha": False}),
    ("backward", {"with_counts": True, "precision": "bf16x3", "learns_alpha": True}),
]
INPUTS = ["sum_rows", "sum_rows_backward", "draw_product", "draw_product_backward"]
SIZES = [(32, False, False, 4), (128, True, True, 8), (256, True, False, 16)]


@pytest.mark.parametrize("capability", [80, 90])
def test_every_loop_compiles_for_real_gpus_and_fits(capability: int) -> None:
    wanted = [
        *((name, {"block": 32}, 4) for name in INPUTS),
        *(
            (name, rest | {"block": block, "is_recurrent": own, "kept": kept}, warps)
            for name, rest in TIME_LOOPS
            for block, own, kept, warps in SIZES
        ),
    ]
    environment = {name: v for name, v in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-c", _COMPILE, json.dumps([capability, wanted])],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    shared = json.loads(done.stdout)
    assert len(shared) == len(wanted)
    assert max(shared) <= SHARED_MEMORY


@pytest.mark.parametrize("seed", range(3))
def test_recurrent_weights_that_do_not_fit_are_read_at_every_step(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(cuda_loops, "RESIDENT", 16)
    keys = {"recurrent": True, "learn_beta": True, "hidden": [50, 33], "n_steps": 20, "seed": seed}
    at = case(keys | {"encoder_tau": 4.0}, 20, 40)
    assert is_clear(at)
    outcome = assert_same("cuda", at)
    assert all(counts.sum() > 0 for counts in outcome.counts)
