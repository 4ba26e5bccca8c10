"""Which backend runs, what it costs in memory and at start, and what never changes its numbers."""

from __future__ import annotations

import math
import os
import runpy
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from snn import kernels
from snn.config import TrialConfig
from snn.data import Dataset
from snn.encoding.poisson import philox
from snn.errors import ConfigError
from snn.kernels.cpu import buffers
from snn.kernels.cpu import network as cpu
from snn.kernels.cpu import part as part_of_batch
from snn.kernels.cpu.buffers import Lease
from snn.kernels.cpu.product import ROWS
from snn.kernels.cpu.threads import taken_from_torch
from snn.networks.spiking import SpikingNetwork
from snn.neurons import alif, lif
from snn.training.trainer import Trainer


def network(**keys: Any) -> SpikingNetwork:
    defaults = {"hidden": [30, 20], "n_steps": 25, "recurrent": True, "learn_beta": True}
    return SpikingNetwork(TrialConfig.parse(defaults | keys), n_pixels=64)


def images(count: int = 300) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 64), generator=generator, dtype=torch.uint8)


def step(of: SpikingNetwork, pixels: Tensor) -> list[Tensor]:
    """Logits and all gradients of a training step."""
    logits = of(pixels, torch.Generator().manual_seed(0)).logits
    loss = torch.nn.functional.cross_entropy(logits, torch.arange(len(pixels)) % 10)
    return [logits.detach(), *torch.autograd.grad(loss, list(of.parameters()))]


# Choice


@pytest.mark.parametrize(
    ("keys", "device", "name", "reason"),
    [
        ({}, "cpu", "cpu", "the fastest on cpu"),
        ({"backend": "cpu"}, "cpu", "cpu", "asked for"),
        ({"backend": "reference"}, "cpu", "reference", "asked for"),
        (
            {"dynamics": "izhikevich"},
            "cpu",
            "reference",
            "no compiled loops for izhikevich neurons",
        ),
        ({}, "cuda", "cuda", "the fastest on cuda"),
        ({"recurrent": True, "hidden": [1024]}, "cuda", "cuda", "the fastest on cuda"),
        ({"dynamics": "brf"}, "cpu", "cpu", "the fastest on cpu"),
        ({"dynamics": "adlif", "recurrent": True}, "cuda", "cuda", "the fastest on cuda"),
        (
            {"dynamics": "izhikevich"},
            "cuda",
            "reference",
            "no compiled loops for izhikevich neurons",
        ),
        ({"readout": "softmax_sum"}, "cpu", "cpu", "the fastest on cpu"),
        (
            {"readout": "softmax_sum"},
            "cuda",
            "reference",
            "no compiled loops for the readout softmax_sum",
        ),
        (
            {"loss": "cross_entropy_every_step"},
            "cuda",
            "reference",
            "no compiled loops for the loss cross_entropy_every_step, which reads every time step",
        ),
        ({}, "mps", "reference", "no compiled loops for mps"),
        ({"backend": "reference"}, "mps", "reference", "asked for"),
    ],
)
def test_auto_takes_the_fastest_that_can_and_says_why_it_is_not_another(
    keys: dict[str, Any], device: str, name: str, reason: str
) -> None:
    choice = kernels.choose(TrialConfig.parse(keys), device)
    assert (choice.name, choice.reason) == (name, reason)


@pytest.mark.parametrize(
    ("keys", "device"),
    [
        ({"backend": "cpu", "dynamics": "izhikevich"}, "cpu"),
        ({"backend": "cpu"}, "cuda"),
        ({"backend": "cuda"}, "cpu"),
    ],
)
def test_a_backend_that_cannot_is_refused_in_one_line(keys: dict[str, str], device: str) -> None:
    with pytest.raises(ConfigError, match=f"^backend: '{keys['backend']}' .*use auto or reference"):
        kernels.choose(TrialConfig.parse(keys), device)


def test_the_backend_is_no_part_of_what_a_run_is(digits: Dataset) -> None:
    one, other = (TrialConfig.parse({"backend": name}) for name in ("cpu", "reference"))
    assert one.config_id == other.config_id
    assert "backend" not in one.params()


def test_a_checkpoint_of_one_backend_goes_on_with_another(digits: Dataset) -> None:
    def trainer(backend: str) -> Trainer:
        keys = {"dataset": "digits", "encoding": "constant", "n_steps": 15, "backend": backend}
        return Trainer(TrialConfig.parse(keys), digits)

    first, second, whole = trainer("cpu"), trainer("reference"), trainer("reference")
    first.train_epoch()
    second.load(first.state())
    ours, theirs = second.train_epoch(), [whole.train_epoch() for _ in range(2)][1]
    assert ours["val_loss"] == pytest.approx(theirs["val_loss"], rel=0.05)


def test_double_precision_is_refused_by_the_compiled_loops() -> None:
    with pytest.raises(TypeError, match="float64"):
        network().double()(images())


# Numbers


@pytest.mark.parametrize("encoding", ["latency", "periodic", "poisson", "constant"])
@pytest.mark.parametrize("count", [1, 7, 300, 700])
def test_the_number_of_threads_changes_no_bit(encoding: str, count: int, threads: None) -> None:
    results = []
    for n_threads in (1, 2, 3, 8):
        torch.set_num_threads(n_threads)
        with taken_from_torch():
            results.append(step(network(encoding=encoding), images(count)))
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


@pytest.mark.parametrize("lit", [0.3, 0.9])
def test_few_lit_pixels_of_the_constant_code_give_what_the_dense_product_would(lit: float) -> None:
    dark = torch.rand(40, 64, generator=torch.Generator().manual_seed(1)) > lit
    pixels = images(40).masked_fill(dark, 0)
    ours, exact = (
        step(network(encoding="constant", backend=name), pixels) for name in ("cpu", "reference")
    )
    for mine, other in zip(ours, exact, strict=True):
        assert (mine - other).abs().max() <= 1e-4 * other.abs().max()
    with torch.no_grad():  # then images share a list
        logits = network(encoding="constant", backend="cpu")(pixels).logits
    assert torch.equal(logits, ours[0])


def test_batches_may_wait_for_their_backward_pass_and_have_it_twice() -> None:
    of = network()
    parameters = list(of.parameters())
    losses = [of(images(50)).logits.square().sum(), of(images(90)).logits.square().sum()]
    together = torch.autograd.grad(losses[0] + losses[1], parameters, retain_graph=True)
    again = torch.autograd.grad(losses[0] + losses[1], parameters)
    alone = [
        sum(grads)
        for grads in zip(
            *(
                torch.autograd.grad(of(images(n)).logits.square().sum(), parameters)
                for n in (50, 90)
            ),
            strict=True,
        )
    ]
    for a, b, c in zip(together, again, alone, strict=True):
        assert torch.equal(a, b)
        torch.testing.assert_close(a, c)


def test_a_network_whose_weights_are_not_a_number_says_nan() -> None:
    of = network()
    with torch.no_grad():
        of.readout.weight.fill_(float("nan"))
    assert of(images(5)).logits.isnan().all()


@pytest.mark.parametrize(
    ("key", "counter", "words"),
    [  # the known answers published with Random123
        ((0, 0), (0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF, 0xFFFFFFFF),
            (0xFFFFFFFF,) * 4,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
    ],
)
def test_random_words_are_those_of_philox(
    key: tuple[int, int], counter: tuple[int, ...], words: tuple[int, ...]
) -> None:
    drawn = philox(key, tuple(torch.tensor([c]) for c in counter))
    assert tuple(int(word) for word in drawn) == words


@pytest.mark.parametrize("readout", ["max", "mean", "last"])
@pytest.mark.parametrize("tau_syn", [None, 4.0])
@pytest.mark.parametrize("dynamics", ["lif", "alif"])
def test_the_gradients_of_the_reference_are_those_of_differences(
    monkeypatch: pytest.MonkeyPatch, dynamics: str, tau_syn: float | None, readout: str
) -> None:
    """In double precision, with a smooth spike and the resets, which are constants by definition,
    held at what they were."""
    keys = {"dynamics": dynamics, "tau_syn": tau_syn, "readout": readout, "backend": "reference"}
    keys |= {"encoding": "constant", "hidden": [3, 2], "n_steps": 6, "learn_beta": True}
    keys |= {"recurrent": True, "learn_tau_mem": True}
    of = SpikingNetwork(TrialConfig.parse(keys), 4, 3).double()
    resets: list[Tensor] = []
    calls = iter(())

    def spike(v: Tensor, threshold: Tensor | float, *_: Any) -> Tensor:
        return torch.sigmoid(2 * (v - threshold))

    def integrate(self: lif.Membrane, v: Tensor, z: Tensor, current: Tensor) -> Tensor:
        reset = next(calls, None)
        if reset is None:
            resets.append(reset := z.detach())
        return self.alpha * v * (1 - reset) + current

    for module in (lif, alif):
        monkeypatch.setattr(module, "spike", spike)
    monkeypatch.setattr(lif.Membrane, "integrate", integrate)
    names = [name for name, _ in of.named_parameters()]

    def run(*values: Tensor) -> Any:
        nonlocal calls
        calls = iter(resets.copy())
        weights = dict(zip(names, values, strict=True))
        activity = torch.func.functional_call(of, weights, (images(2)[:, :4],))
        return activity.logits, *activity.counts

    parameters = [p.detach().clone().requires_grad_() for p in of.parameters()]
    run(*parameters)
    assert len(resets) == 2 * 6
    assert torch.autograd.gradcheck(run, parameters)


# Costs


@pytest.mark.parametrize("encoding", ["latency", "poisson", "constant"])
def test_the_state_kept_for_the_way_back_is_at_most_9_bytes(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []

    class Counting(Lease):
        def empty(self, shape: tuple[int, ...], dtype: Any = np.float32) -> Any:
            array = super().empty(shape, dtype)
            kept.append(array.nbytes)
            return array

    monkeypatch.setattr(part_of_batch, "Lease", Counting)
    of = network(encoding=encoding, hidden=[200], n_steps=100)
    of(images(256))
    input_events = {"latency": 64, "poisson": 64 * 100, "constant": 0}[encoding] * 4 + 101 * 4
    assert sum(kept) / 256 - input_events <= 9 * 200 * 100


@pytest.mark.parametrize("keys", [{}, {"dynamics": "adlif"}, {"encoding": "poisson"}])
def test_of_a_long_step_nothing_is_kept_and_it_gives_the_same(
    keys: dict[str, Any], monkeypatch: pytest.MonkeyPatch, threads: None
) -> None:
    held = []

    class Held(Lease):
        def empty(self, shape: tuple[int, ...], dtype: Any = np.float32) -> Any:
            held.append(math.prod(shape))
            return super().empty(shape, dtype)

        def __del__(self) -> None:
            held.clear()  # with one thread, one part is there at a time
            super().__del__()

    of, shown = network(**keys), images(4 * ROWS)
    monkeypatch.setattr(cpu, "_PART_STATE", 1)  # four parts of a group of images, either way
    kept = step(of, shown)
    monkeypatch.setattr(cpu, "_MOST_STATE", len(shown) * 25 * 50 - 1)
    parts = [slice(k, k + ROWS) for k in range(0, len(shown), ROWS)]
    monkeypatch.setattr(cpu, "_cut", lambda n, state: parts)
    monkeypatch.setattr(part_of_batch, "Lease", Held)
    torch.set_num_threads(1)
    logits = of(shown, torch.Generator().manual_seed(0)).logits
    assert logits.requires_grad and not held
    again = step(of, shown)
    assert all(torch.equal(one, other) for one, other in zip(kept, again, strict=True))


def test_a_long_step_is_cut_into_parts_that_keep_little() -> None:
    images, state = 256, cpu._MOST_STATE // 64
    parts = cpu._cut(images, state)
    assert max(part.stop - part.start for part in parts) * state <= cpu._MOST_STATE / 4
    assert sum(part.stop - part.start for part in parts) == images


def test_buffers_are_used_again_and_never_by_two_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buffers, "_free", [])
    monkeypatch.setattr(buffers, "_returned", deque())
    first, second = Lease(), Lease()
    a, b = first.empty((100, 7)), second.empty((100, 7))
    b.fill(0)
    a.fill(1)
    assert not b.any()
    address = a.ctypes.data
    del a, first
    third = Lease()
    assert third.empty((50, 7)).ctypes.data == address
    assert third.empty((50, 7)).ctypes.data not in (address, b.ctypes.data)


def test_a_lease_that_is_dropped_while_another_is_taken_waits_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python may drop one anywhere, also where the lock of the buffers is held."""
    monkeypatch.setattr(buffers, "_returned", deque())
    lease = Lease()
    lease.empty((3,))
    dropping = threading.Thread(target=lease.__del__, daemon=True)
    with buffers._lock:
        dropping.start()
        dropping.join(timeout=10)
        assert not dropping.is_alive()
    lease.__del__()
    assert len(buffers._returned) == 1  # else two would get the same buffer


_START = """
import torch
from numba.core import event
from snn import SpikingNetwork, TrialConfig
with event.install_recorder("numba:compile") as compiled:
    for encoding in ("latency", "constant"):
        config = TrialConfig(encoding=encoding, recurrent=True, hidden=[9, 8])
        network = SpikingNetwork(config, 16)
        network(torch.full((5, 16), 200, dtype=torch.uint8)).logits.sum().backward()
for _, each in compiled.buffer:
    if each.is_start and "compile" in vars(each.data["dispatcher"]):  # not a part of another
        print(each.data["dispatcher"].__name__, each.data["args"])
"""


_LOOP = """
from pathlib import Path
from numba import njit
from snn.kernels.cpu.numba_internals import stand_for

@njit(cache=True)
def loop(x):
    return x + 1

stand_for(loop, [Path(__file__).with_name("part.py")])
loop(1)
hits = sum(loop.stats.cache_hits.values())
"""


def test_a_change_in_a_file_that_a_loop_is_made_of_compiles_it_again(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text(_LOOP)
    hits = []
    for part in ("a = 1", "a = 1", "a = 2", "a = 2"):
        (tmp_path / "part.py").write_text(part)
        hits.append(runpy.run_path(str(tmp_path / "loop.py"))["hits"])
    assert hits == [0, 1, 0, 1]


def test_of_processes_that_start_together_one_compiles_and_a_later_one_nothing(
    tmp_path: Path,
) -> None:
    def start() -> subprocess.Popen[str]:
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        command = [sys.executable, "-c", _START]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    together = [start(), start()]
    first, second = (process.communicate()[0].splitlines() for process in together)
    assert first + second  # some of it each, or one all
    assert set(first) & set(second) == set()
    later = start()
    assert later.communicate() == ("", None)
    assert [process.returncode for process in (*together, later)] == [0, 0, 0]
