"""What every loss must do."""

from __future__ import annotations

import torch
from torch import Tensor

from snn.contracts.case import config_of, require, require_shape, seeded
from snn.losses import Answer, loss
from snn.registry import Component

_IMAGES, _CLASSES, _NEURONS = 6, 3, 5
_LARGE = 1e4  # a logit that an untrained network may have
_STEP = 0.1


def _labels() -> Tensor:
    return torch.arange(_IMAGES) % _CLASSES


def _logits(scale: float = 1.0) -> Tensor:
    return scale * torch.randn(_IMAGES, _CLASSES, generator=seeded())


def _counts() -> Tensor:
    return torch.randint(0, 9, (_IMAGES, _NEURONS), generator=seeded(1)).float()


def _value(component: Component, logits: Tensor, labels: Tensor, counts: Tensor) -> Tensor:
    value = loss(config_of(component))(Answer(logits=logits, counts=(counts,)), labels)
    require_shape("the loss", value, ())
    return value


def gives_one_number(component: Component) -> None:
    """It is one finite number for a batch, of large logits and of equal ones, too."""
    for logits in (_logits(), _logits(_LARGE), torch.zeros(_IMAGES, _CLASSES)):
        _value(component, logits, _labels(), _counts())


def needs_no_spikes(component: Component) -> None:
    """It is one finite number for a network without spikes, too."""
    value = loss(config_of(component))(Answer(logits=_logits()), _labels())
    require_shape("the loss", value, ())


def is_repeatable(component: Component) -> None:
    """The same batch gives the same number every time."""
    first, second = (_value(component, _logits(), _labels(), _counts()) for _ in range(2))
    require(torch.equal(first, second), f"it is {first:g} and then {second:g}")


def has_gradients(component: Component) -> None:
    """A finite gradient reaches the logits."""
    for scale in (1.0, _LARGE):
        logits = _logits(scale).requires_grad_()
        value = _value(component, logits, _labels(), _counts())
        require(value.requires_grad, "no gradient comes through it")
        (gradient,) = torch.autograd.grad(value, logits, allow_unused=True)
        require(gradient is not None, "no gradient reaches the logits")
        require(bool(gradient.isfinite().all()), "the gradient is not finite")
        require(bool((gradient != 0).any()), "the gradient is 0 everywhere")


def knows_no_order(component: Component) -> None:
    """The order of the images in a batch does not change it."""
    batch = _logits(), _labels(), _counts()
    before = _value(component, *batch)
    after = _value(component, *(part.flip(0) for part in batch))
    require(torch.allclose(before, after, rtol=1e-5), f"it is {before:g} and then {after:g}")


def is_a_mean(component: Component) -> None:
    """A batch that is there twice gives the same: it is a mean over the images, not a sum."""
    batch = _logits(), _labels(), _counts()
    once = _value(component, *batch)
    twice = _value(component, *(torch.cat([part, part]) for part in batch))
    require(torch.allclose(once, twice, rtol=1e-5), f"it is {once:g} and then {twice:g}")


def rewards_the_right_class(component: Component) -> None:
    """Of equal logits, it falls when that of the right class grows, and rises with another."""
    logits, labels = torch.zeros(_IMAGES, _CLASSES), _labels()
    equal = _value(component, logits, labels, _counts())
    right, wrong = (
        _value(component, logits.scatter(1, of_class[:, None], _STEP), labels, _counts())
        for of_class in (labels, (labels + 1) % _CLASSES)
    )
    require(float(right) < float(equal), f"it goes from {equal:g} to {right:g} with the right one")
    require(float(wrong) > float(equal), f"it goes from {equal:g} to {wrong:g} with a wrong one")


def reads_what_it_declares(component: Component) -> None:
    """If it declares `reads_trace`, a finite gradient reaches the readout of every step."""
    if not component.reads_trace:
        return
    trace = torch.randn(4, _IMAGES, _CLASSES, generator=seeded(2)).requires_grad_()
    answer = Answer(logits=_logits(), counts=(_counts(),), trace=trace)
    value = loss(config_of(component))(answer, _labels())
    require_shape("the loss", value, ())
    require(value.requires_grad, "no gradient comes through it")
    (gradient,) = torch.autograd.grad(value, trace, allow_unused=True)
    require(gradient is not None, "no gradient reaches the trace")
    require(bool(gradient.isfinite().all()), "the gradient is not finite")
    reached = (gradient != 0).flatten(1).any(dim=1)
    require(bool(reached.all()), "the gradient is 0 at some steps")


CHECKS = {
    "loss": (
        gives_one_number,
        needs_no_spikes,
        is_repeatable,
        has_gradients,
        knows_no_order,
        is_a_mean,
        rewards_the_right_class,
        reads_what_it_declares,
    )
}
