"""Adam's own GPU code against torch's Adam; in Triton's interpreter where there is no GPU."""

from __future__ import annotations

import subprocess
import sys

import torch

from snn.kernels.adam import Adam, update

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SIZES = (7, 1030), (5,), ()


def test_its_steps_are_torchs_to_rounding() -> None:
    generator = torch.Generator().manual_seed(0)
    starts = [torch.randn(size, generator=generator) for size in SIZES]
    theirs, ours = ([torch.nn.Parameter(w.to(DEVICE, copy=True)) for w in starts] for _ in "ab")
    options = {"weight_decay": 1e-2, "lr": 1e-2, "fused": True}
    adam, same_state = torch.optim.Adam(theirs, **options), torch.optim.Adam(ours, **options)
    for step in range(12):
        grads = [torch.randn(size, generator=generator).to(DEVICE) for size in SIZES]
        for one, other, grad in zip(theirs, ours, grads, strict=True):
            one.grad, other.grad = grad.clone(), grad.clone()
        adam.step()
        if not step:
            same_state.step()
            continue
        (group,) = same_state.param_groups
        rate = torch.tensor(group["lr"], device=DEVICE)
        for weight in ours:
            assert weight.grad is not None
            state = same_state.state[weight]
            with torch.no_grad():
                update(weight, weight.grad, state, group | {"lr": rate})
            state["step"] += 1
    for one, other in zip(theirs, ours, strict=True):
        torch.testing.assert_close(other, one, rtol=2e-6, atol=2e-6)


def test_on_a_cpu_it_is_torchs_adam_to_the_bit() -> None:
    """Of groups with rates of their own, where a weight may have no gradient, now or ever."""
    ends = []
    for kind in (torch.optim.Adam, Adam):
        weights = [torch.nn.Parameter(torch.linspace(-1, 1, size)) for size in (5000, 50, 3, 2)]
        groups = [{"params": weights[:2], "lr": 0.5}, {"params": weights[2:]}]
        adam = kind(groups, lr=1e-2, weight_decay=0.1, betas=(0.8, 0.95), fused=True)
        for step in range(6):
            for weight in weights[:3]:
                weight.grad = torch.linspace(-step, 1, len(weight))
            if step % 2:
                weights[1].grad = None
            adam.param_groups[0]["lr"] = 0.5 / (1 + step)
            adam.step()
        ends.append((weights, adam.state_dict()))
    (theirs, their_state), (ours, our_state) = ends
    assert all(torch.equal(one, other) for one, other in zip(theirs, ours, strict=True))
    assert repr(our_state) == repr(their_state)


def test_a_step_without_a_gradient_changes_nothing() -> None:
    weight = torch.nn.Parameter(torch.ones(3, device=DEVICE))
    adam = Adam([weight], fused=True)
    adam.step()
    weight.grad = torch.ones(3, device=DEVICE)
    adam.step()
    before, kept = weight.detach().clone(), repr(adam.state_dict())
    adam.zero_grad()
    adam.step()
    assert torch.equal(weight, before) and repr(adam.state_dict()) == kept


def test_its_state_is_torchs_and_loads_into_either() -> None:
    states = []
    for kind in (torch.optim.Adam, Adam):
        weight = torch.nn.Parameter(torch.ones(3))
        adam = kind([{"params": [weight], "lr": 0.5}], lr=1e-2, weight_decay=0.1, fused=True)
        weight.grad = torch.ones(3)
        adam.step()
        states.append(adam.state_dict())
        adam.zero_grad(set_to_none=False)
        assert weight.grad is not None and not weight.grad.any()
        adam.zero_grad()
        assert weight.grad is None
    theirs, ours = states
    assert repr(ours) == repr(theirs)
    for kind in (torch.optim.Adam, Adam):
        adam = kind([torch.nn.Parameter(torch.ones(3))], fused=True)
        adam.load_state_dict(ours)
        assert repr(adam.state_dict()) == repr(ours)


def test_a_training_imports_neither_torchs_compiler_nor_scikit_learn() -> None:
    train = """
import sys
from snn.config import TrialConfig
from snn.data import load
from snn.training.trainer import Trainer
config = TrialConfig(dataset="digits", hidden=8, n_steps=5, epochs=1)
Trainer(config, load("digits")).train_epoch()
print([name for name in ("torch._dynamo", "sklearn", "scipy.stats") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", train], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
