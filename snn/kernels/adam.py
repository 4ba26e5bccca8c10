"""Adam, whose step on a GPU is one short launch per parameter, and on a CPU one call per group.

On a GPU, torch's fused kernel gives 65,536 weights to one processor, so the 100,000 of a small
network keep two of them busy for 50 µs, a sixth of a training step. On a CPU, torch calls its
fused kernel after half as much time again in Python, where a training step has left the caches.
Source: Kingma & Ba, "Adam: a method for stochastic optimization", 2015; weight decay as L2 penalty.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

_BLOCK = 1024


@final
class Adam(torch.optim.Adam):
    """`torch.optim.Adam` with the same state and, to rounding, the same numbers.

    Torch wraps its methods to keep them from its compiler, and imports that for it: 2 s of every
    process that trains. The methods are taken without the wrappers, as nothing here is compiled.
    """

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients, without torch's records for its profiler; or set them to 0."""
        if not set_to_none:
            inspect.unwrap(torch.optim.Adam.zero_grad)(self, set_to_none)
            return
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Follow the gradients; the first step is torch's, which makes the state."""
        parameters = [p for group in self.param_groups for p in group["params"]]
        begun = all(p.grad is None or self.state[p] for p in parameters)
        move = _way(parameters) if begun and closure is None else None
        with torch.no_grad():
            if move is None:
                inspect.unwrap(torch.optim.Adam.step)(self, closure)
                return
            moved = [
                _Moved(weights, [self.state[p] for p in weights], group)
                for group in self.param_groups
                if (weights := [p for p in group["params"] if p.grad is not None])
            ]
            if moved:
                move(moved)


class _Moved(NamedTuple):
    """Weights that have a gradient, what torch's Adam keeps of each, and the options of all."""

    weights: list[Any]
    states: list[dict[str, Tensor]]
    options: dict[str, Any]


def _way(parameters: list[Tensor]) -> Callable[[list[_Moved]], None] | None:
    """How all of these are moved; None: as torch does it."""
    if len({(p.device.type, p.dtype) for p in parameters}) > 1:
        return None
    first = parameters[0]
    if first.device.type == "cpu":
        return _move_on_cpu
    on_gpu = _has_triton() and first.is_cuda and first.dtype == torch.float32
    return _move_on_gpu if on_gpu else None


def _move_on_cpu(groups: list[_Moved]) -> None:
    for weights, states, options in groups:
        first, second = options["betas"]
        steps = [state["step"] for state in states]
        torch._foreach_add_(steps, 1)
        torch._fused_adam_(
            weights,
            [weight.grad for weight in weights],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            steps,
            lr=options["lr"],
            beta1=first,
            beta2=second,
            weight_decay=options["weight_decay"],
            eps=options["eps"],
            amsgrad=False,
            maximize=False,
        )


def _move_on_gpu(groups: list[_Moved]) -> None:
    for weights, states, options in groups:
        for weight, state in zip(weights, states, strict=True):
            update(weight, weight.grad, state, options)
    torch._foreach_add_([state["step"] for group in groups for state in group.states], 1)


@cache
def _has_triton() -> bool:
    return find_spec("triton") is not None


def update(weight: Tensor, grad: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
    """Move weights by the step that comes after `state["step"]`, in place, and their moments.

    Args:
        weight: Any shape, contiguous.
        grad: Its gradient.
        state: As torch's Adam keeps it.
        group: Options, as torch's Adam keeps them; the rate is a number or a tensor.
    """
    from snn.kernels.gpu import adam  # where it is needed: it brings a compiler with it

    rate, size = group["lr"], weight.numel()
    if not isinstance(rate, Tensor):
        rate = torch.full((), rate, device=weight.device)
    first, second = group["betas"]
    adam.update[(math.ceil(size / _BLOCK),)](
        weight,
        grad.contiguous(),
        state["exp_avg"],
        state["exp_avg_sq"],
        state["step"],
        rate,
        size,
        group["weight_decay"],
        second,
        1 - first,
        1 - second,
        math.log2(first),
        math.log2(second),
        group["eps"],
        block=_BLOCK,
    )
