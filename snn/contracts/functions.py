"""What every surrogate, readout and schedule must do."""

from __future__ import annotations

import math

import torch

from snn.contracts.case import N_STEPS, config_of, require, require_shape, seeded
from snn.registry import Component
from snn.surrogates import derivative, spike

_IMAGES, _CLASSES = 4, 3


def derives(component: Component) -> None:
    """Its derivative is finite and not negative, and above 0 at the threshold."""
    psi = derivative(config_of(component))
    v = torch.linspace(-50, 50, 2001)
    for threshold in (1.0, torch.full_like(v, 0.5)):
        values = psi(v, threshold, 5.0)
        require_shape("the derivative", values, tuple(v.shape))
        require(bool((values >= 0).all()), "the derivative is negative somewhere")
    at = psi(torch.tensor([1.0]), 1.0, 5.0)
    require(float(at) > 0, "the derivative is 0 at the threshold")


def passes_gradients(component: Component) -> None:
    """A spike with it passes a finite gradient to the potential."""
    v = torch.linspace(-2, 3, 101).requires_grad_()
    z = spike(v, 1.0, derivative(config_of(component)), 5.0)
    (gradient,) = torch.autograd.grad(z.sum(), v)
    require(bool(gradient.isfinite().all()), "the gradient is not finite")


def reads_out(component: Component) -> None:
    """It gives a finite number for every image and class, the same every time."""
    read = component.function(config_of(component))
    trace = torch.randn(N_STEPS, _IMAGES, _CLASSES, generator=seeded())
    require_shape("the logits", read(trace), (_IMAGES, _CLASSES))
    require(torch.equal(read(trace), read(trace)), "the same trace gives other logits")


def reads_out_gradients(component: Component) -> None:
    """A finite gradient reaches the trace."""
    trace = torch.randn(N_STEPS, _IMAGES, _CLASSES, generator=seeded()).requires_grad_()
    logits = component.function(config_of(component))(trace)
    require(logits.requires_grad, "no gradient comes through the logits")
    (gradient,) = torch.autograd.grad(logits.square().sum(), trace)
    require(bool(gradient.isfinite().all()), "the gradient is not finite")
    require(bool((gradient != 0).any()), "the gradient is 0 everywhere")


def scales(component: Component) -> None:
    """Its factor is a finite number from 0 on, the same every time."""
    course = component.function(config_of(component))
    for part in range(101):
        factor = course(part / 100)
        require(isinstance(factor, int | float), f"the factor is a {type(factor).__name__}")
        fine = math.isfinite(factor) and factor >= 0
        require(fine, f"the factor is {factor} at {part} % of the training")
        require(course(part / 100) == factor, "the same progress gives other factors")


def is_above_0_somewhere(component: Component) -> None:
    """Its factor is above 0 at some time."""
    course = component.function(config_of(component))
    require(any(course(part / 100) > 0 for part in range(100)), "the factor is always 0")


CHECKS = {
    "surrogate": (derives, passes_gradients),
    "readout": (reads_out, reads_out_gradients),
    "schedule": (scales, is_above_0_somewhere),
}
