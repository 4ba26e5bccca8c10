"""Adam, whose step on a GPU is one short launch per parameter.

Torch's fused kernel gives 65,536 weights to one processor of the GPU, so the 100,000 of a small
network keep two of them busy for 50 µs, a sixth of a training step.
Source: Kingma & Ba, "Adam: a method for stochastic optimization", 2015; weight decay as L2 penalty.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, final

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
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)

    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Follow the gradients; the first step is torch's, which makes the state."""
        parameters = [p for group in self.param_groups for p in group["params"]]
        on_gpu = _has_triton() and all(p.is_cuda and p.dtype == torch.float32 for p in parameters)
        if not on_gpu or any(p.grad is not None and not self.state[p] for p in parameters):
            with torch.no_grad():
                inspect.unwrap(torch.optim.Adam.step)(self, closure)
            return
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        update(parameter, parameter.grad, self.state[parameter], group)
            torch._foreach_add_([self.state[p]["step"] for p in parameters if self.state[p]], 1)


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
