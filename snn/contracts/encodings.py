"""What every encoding must do."""

from __future__ import annotations

import torch

from snn.contracts.case import SHAPE, config_of, require, require_shape, samples, seeded
from snn.encoding import Drive, Encoder, draw_key, encoder
from snn.registry import Component


def _encoder(component: Component) -> Encoder:
    return encoder(config_of(component), SHAPE)


def _drive(component: Component, seed: int = 0) -> Drive:
    return _encoder(component)(samples(component), seeded(seed))


def keeps_shapes(component: Component) -> None:
    """It gives a finite value for every step, image and input."""
    made, drive = _encoder(component), _drive(component)
    shape = (made.n_steps, len(samples(component)), made.n_inputs)
    require(drive.sizes == shape, f"sizes are {tuple(drive.sizes)}, not {shape}")
    require_shape("dense()", drive.dense(), shape)


def drives(component: Component) -> None:
    """A white pixel drives the network."""
    require(bool((_drive(component).dense()[:, 1] != 0).any()), "a white image gives nothing")


def agrees(component: Component) -> None:
    """The current through weights is that of the values, written out."""
    drive = _drive(component)
    weight = torch.randn(drive.sizes.n_inputs, 4, generator=seeded(2))
    ours, wanted = drive.current(weight), drive.dense() @ weight
    require_shape("current(weight)", ours, tuple(wanted.shape))
    require(torch.allclose(ours, wanted, rtol=1e-4, atol=1e-4), "the two differ")


def counts(component: Component) -> None:
    """The events are the non-zero values per image."""
    drive = _drive(component)
    counted = float((drive.dense() != 0).sum())
    chance = 6 * counted**0.5 if component.random else 1e-3
    told = drive.events() * len(samples(component))
    require(abs(told - counted) <= chance, f"events() tells {told:g}, and there are {counted:g}")


def tells_of_work(component: Component) -> None:
    """Spikes are added; currents are multiplied, at most once at every step."""
    drive = _drive(component)
    multiplied, added = drive.work()
    values, events = drive.dense(), drive.events()
    if bool(((values == 0) | (values == 1)).all()):
        require(multiplied == 0 and added == events, "work() must add each spike")
    else:
        require(0 < multiplied + added <= events, "work() must count values that are not 0")


def is_repeatable(component: Component) -> None:
    """The same seed or key gives the same values."""
    first, second = _drive(component).dense(), _drive(component).dense()
    require(torch.equal(first, second), "the same seed gives other values")
    encode, key = _encoder(component), draw_key(seeded())
    first, second = (encode(samples(component), None, key).dense() for _ in range(2))
    require(torch.equal(first, second), "the same key gives other values")


def tells_of_chance(component: Component) -> None:
    """It depends on the seed exactly where it is declared as random."""
    differs = not torch.equal(_drive(component).dense(), _drive(component, 1).dense())
    if component.random:
        require(differs, "is declared as random, and another seed gives the same values")
    else:
        require(not differs, "another seed gives other values; declare random=True")


CHECKS = {
    "encoding": (
        keeps_shapes,
        drives,
        agrees,
        counts,
        tells_of_work,
        is_repeatable,
        tells_of_chance,
    ),
}
